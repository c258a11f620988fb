import numpy as np

from op_rows import cases_of

CASES = (
    *cases_of(
        np.dot,
        vectors=(np.dot, (3,), (3,)),
        matrices=(np.dot, (2, 3), (3, 4)),
        matrix_vector=(np.dot, (2, 3), (3,)),
        vector_matrix=(np.dot, (3,), (3, 2)),
        stacks=(np.dot, (2, 3, 4), (2, 4, 3)),
        stack_vector=(np.dot, (2, 3, 4), (4,)),
        vector_stack=(np.dot, (3,), (2, 3, 2)),
        number=(np.dot, (), (2, 3)),
        numbers=(np.dot, (), ()),
        times_list=(lambda a: np.dot(a, [[1, 2], [3, 4]]), (3, 2)),
        list_times=(lambda a: np.dot([[1, 2], [3, 4]], a), (2, 3)),
        empty=(np.dot, (2, 0), (0, 3)),
    ),
    *cases_of(np.vdot, flat=(np.vdot, (2, 3), (3, 2)), numbers=(np.vdot, (), ())),
    *cases_of(
        np.inner,
        vectors=(np.inner, (3,), (3,)),
        stacks=(np.inner, (2, 3), (4, 2, 3)),
        stack_vector=(np.inner, (2, 4, 3), (3,)),
        number=(np.inner, (2, 3), ()),
    ),
    *cases_of(
        np.outer,
        vectors=(np.outer, (2,), (3,)),
        matrices=(np.outer, (2, 2), (3,)),
        empty=(np.outer, (0,), (3,)),
        linalg=(np.linalg.outer, (2,), (3,)),
    ),
    *cases_of(
        np.tensordot,
        default=(np.tensordot, (2, 3, 4), (3, 4, 2)),
        one=(lambda a, b: np.tensordot(a, b, 1), (2, 3), (3, 2)),
        none=(lambda a, b: np.tensordot(a, b, axes=0), (2, 3), (2,)),
        axes=(lambda a, b: np.tensordot(a, b, ([0, 2], [1, 0])), (2, 3, 4), (4, 2, 3)),
        negative=(lambda a, b: np.tensordot(a, b, (-1, 0)), (2, 3), (3, 2)),
        all=(lambda a, b: np.tensordot(a, b, 2), (2, 3), (2, 3)),
        linalg=(lambda a, b: np.linalg.tensordot(a, b, axes=1), (2, 3), (3, 2)),
    ),
    *cases_of(
        np.kron,
        vectors=(np.kron, (2,), (3,)),
        matrices=(np.kron, (2, 3), (3, 2)),
        unlike=(np.kron, (2,), (2, 2, 3)),
        number=(np.kron, (), (2,)),
        one_operand=(lambda a: np.kron(a, a), (2, 2)),
    ),
    *cases_of(
        np.cross,
        vectors=(np.cross, (3,), (3,)),
        stacks=(np.cross, (2, 1, 3), (4, 3)),
        axis=(lambda a, b: np.cross(a, b, axis=0), (3, 2), (3, 2)),
        axes=(lambda a, b: np.cross(a, b, 0, 1, 0), (3, 2), (2, 3)),
        linalg=(lambda a, b: np.linalg.cross(a, b, axis=0), (3, 2), (3, 2)),
    ),
    *cases_of(
        np.vecdot,
        stacks=(np.vecdot, (2, 1, 3), (4, 3)),
        vectors=(np.vecdot, (3,), (3,)),
        linalg=(lambda a, b: np.linalg.vecdot(a, b, axis=0), (3, 2), (3, 2)),
    ),
    *cases_of(np.matmul, linalg=(np.linalg.matmul, (2, 2, 3), (3, 2))),
    *(
        cases_of(
            np.matvec,
            stacks=(np.matvec, (4, 2, 3), (2, 1, 3)),
            vector=(np.matvec, (2, 3), (3,)),
        )
        + cases_of(
            np.vecmat,
            stacks=(np.vecmat, (2, 1, 2), (4, 2, 3)),
            vector=(np.vecmat, (2,), (2, 3)),
        )
        if hasattr(np, "matvec")  # NumPy 2.2
        else ()
    ),
)
