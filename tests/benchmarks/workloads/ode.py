"""A fit of predator and prey: Runge-Kutta steps of order four on scalars, against observations."""

from workload import Workload


def slope(prey, predator, birth, hunt, growth, death):
    met = prey * predator
    return birth * prey - hunt * met, growth * met - death * predator


def step(prey, predator, dt, *rates):
    a, b = slope(prey, predator, *rates)
    c, d = slope(prey + 0.5 * dt * a, predator + 0.5 * dt * b, *rates)
    e, f = slope(prey + 0.5 * dt * c, predator + 0.5 * dt * d, *rates)
    g, h = slope(prey + dt * e, predator + dt * f, *rates)
    return (
        prey + dt / 6 * (a + 2 * c + 2 * e + g),
        predator + dt / 6 * (b + 2 * d + 2 * f + h),
    )


def path(steps, prey, predator, *rates):
    points = []
    for _ in range(steps):
        prey, predator = step(prey, predator, 0.1, *rates)
        points.append((prey, predator))
    return points


def ode(tiny):
    steps = 2 if tiny else 40

    def loss(library, *leaves):
        total = 0.0
        for (prey, predator), (x, y) in zip(path(steps, *leaves[:-1]), leaves[-1], strict=True):
            total = total + (prey - x) * (prey - x) + (predator - y) * (predator - y)
        return total

    observed = path(steps, 1.0, 0.5, 1.1, 0.4, 0.1, 0.4)
    return Workload(
        title=f"fit of an ODE, {steps} Runge-Kutta steps on scalars",
        unit="ns per operation",
        loss=loss,
        leaves=(1.1, 0.4, 1.0, 0.5, 0.2, 0.5),
        constants=(observed,),
        operations=steps * 62,
        scalars=True,
    )


WORKLOADS = {"ode": ode}
