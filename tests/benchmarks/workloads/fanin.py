"""One leaf that many operations read: all of them add to one gradient."""

from workload import Workload


def fanin(tiny):
    uses = 10 if tiny else 20_000

    def loss(library, x):
        total = x
        for _ in range(uses):
            total = total + x
        return total

    return Workload(
        title=f"one leaf used {uses:,} times",
        unit="ns per operation",
        loss=loss,
        leaves=(0.5,),
        operations=uses,
        scalars=True,
        without={"jax.jit": "compiling so long a program takes minutes"},
    )


WORKLOADS = {"fanin": fanin}
