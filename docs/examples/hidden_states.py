"""When did the casino use the loaded die? A hidden Markov model, from its rolls alone.

    python docs/examples/hidden_states.py

The forward algorithm fills an array, row by row. The chance of a state at a time, given all rolls,
is the derivative of the log-likelihood by the logarithm of that state's emission: the gradient is
the backward algorithm, which runs beside it, written by hand.
"""

import numpy as np

import retrograd

STAY = np.array([[0.95, 0.05], [0.10, 0.90]])  # fair, loaded
DICE = np.array([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 5]]) / [[6], [10]]
ROLLS = 2000


def play(rng):
    """Return the rolls of an evening, and which die was thrown."""
    states = np.zeros(ROLLS, int)
    for t in range(1, ROLLS):
        states[t] = rng.choice(2, p=STAY[states[t - 1]])
    return np.array([rng.choice(6, p=DICE[s]) for s in states]), states


def log_likelihood(log_emission):
    emission = np.exp(log_emission)
    ahead, value = np.zeros_like(emission), 0.0
    for t in range(ROLLS):
        ahead[t] = (ahead[t - 1] @ STAY if t else 0.5) * emission[t]
        total = ahead[t].sum()
        ahead[t] /= total
        value += np.log(total)
    return value


def by_hand(emission):
    """Return the chances of the states by the forward-backward algorithm."""
    ahead, behind = np.empty_like(emission), np.ones_like(emission)
    for t in range(ROLLS):
        ahead[t] = (ahead[t - 1] @ STAY if t else 0.5) * emission[t]
        ahead[t] /= ahead[t].sum()
    for t in reversed(range(ROLLS - 1)):
        behind[t] = STAY @ (behind[t + 1] * emission[t + 1])
        behind[t] /= behind[t].sum()
    both = ahead * behind
    return both / both.sum(axis=1, keepdims=True)


def main():
    rolls, states = play(np.random.default_rng(0))
    emission = DICE[:, rolls].T
    chances = retrograd.grad(log_likelihood)(np.log(emission))
    print(f"farthest from the backward algorithm {np.abs(chances - by_hand(emission)).max():.1e}")
    print(f"dice told apart: {np.mean((chances[:, 1] > 0.5) == states):.1%}")


if __name__ == "__main__":
    main()
