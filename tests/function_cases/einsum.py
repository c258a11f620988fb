import numpy as np

from op_rows import cases_of


def of(subscripts, **options):
    return lambda *xs: np.einsum(subscripts, *xs, **options)


CASES = cases_of(
    np.einsum,
    matmul=(of("ij,jk->ik"), (2, 3), (3, 4)),
    implicit=(of("ij,jk"), (2, 3), (3, 2)),
    sorted_output=(of("ba"), (2, 3)),
    spaces=(of(" i j , j k -> k i "), (2, 3), (3, 2)),
    trace=(of("ii"), (3, 3)),
    diagonal=(of("ii->i"), (3, 3)),
    triple=(of("iji,j->ij"), (2, 3, 2), (3,)),
    transpose=(of("ijk->kij"), (2, 3, 2)),
    total=(of("ij->"), (2, 3)),
    identity=(of("ij->ij"), (2, 3)),
    batch=(of("bij,bjk->bik"), (2, 2, 3), (2, 3, 2)),
    batch_last=(of("ijb,jkb->bik"), (2, 3, 2), (3, 2, 2)),
    dots=(of("bi,bi->b"), (2, 3), (2, 3)),
    outer=(of("i,j->ji"), (2,), (3,)),
    hadamard=(of("ij,ji->ij"), (2, 3), (3, 2)),
    ellipsis=(of("...ij,...jk->...ik"), (2, 1, 2, 3), (3, 3, 2)),
    ellipsis_middle=(of("i...j,j->...i"), (2, 3, 2), (2,)),
    ellipsis_implicit=(of("...i,i"), (2, 3), (3,)),
    ellipsis_alone=(of("...,..."), (2, 3), (3,)),
    length_one=(of("ij,jk->ik"), (2, 1), (3, 2)),
    summed_alone=(of("ij,k->j"), (2, 3), (2,)),
    numbers=(of(",->"), (), ()),
    scale=(of(",ij->ji"), (), (2, 3)),
    repeated=(lambda x: np.einsum("i,j->ij", x, x), (3,)),
    constant_between=(
        lambda a, b: np.einsum("ij,jk,kl->il", a, [[1, 2], [3, 4]], b), (2, 2), (2, 2),
    ),
    path=(
        lambda a, b: np.einsum("i,ij,j", a, np.eye(3), b, optimize=["einsum_path", (0, 2), (0, 1)]),
        (3,), (3,),
    ),
    optimal=(of("ij,kj->ik", optimize="optimal"), (2, 3), (2, 3)),
    lists=(lambda a, b: np.einsum(a, [0, 1], b, [1, 2], [2, 0]), (2, 3), (3, 2)),
    lists_implicit=(lambda a: np.einsum(a, [3, 1]), (2, 3)),
    lists_ellipsis=(lambda a, b: np.einsum(a, [..., 0], b, [0], [...]), (2, 3), (3,)),
    empty=(of("ij,jk->ik"), (2, 0), (0, 3)),
)  # fmt: skip
