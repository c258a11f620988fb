"""What people write with NumPy besides calling one function: each a text, as in `numpy_calls`."""

IDIOMS = """
x + y
x - y
x * y
x / y
p ** y
p ** 2
x ** 3
2.0 ** x
-x
+x
abs(x)
x // 1.0
x % 1.5
divmod(x, 1.5)[1]
2 * x + 1
1 - x
1 / x
np.array([1.0, 2.0, 3.0, 4.0]) * x
x * np.array([1.0, 2.0, 3.0, 4.0])
x * [1.0, 2.0, 3.0, 4.0]
np.float64(2.0) * x
np.float32(2.0) * x
np.int64(3) * x
x * True
A @ b
b @ A
A @ B
x @ x
x @ y
np.ones((2, 3)) @ A
A @ np.ones((3, 2))
A @ A.T
A.T @ A
A @ B @ b
A[None] @ np.stack([A, B])
round(x[0], 1)
x[1]
x[-1]
x[1:]
x[:-1]
x[::-1]
x[::2]
x[1:] - x[:-1]
M[0]
M[1, 2]
M[:, 1]
M[..., 0]
M[:, None, :]
x[:, None] * y[None, :]
x[:, np.newaxis] - y
x[k]
x[[0, 0, 3]]
M[[0, 1], [2, 0]]
M[np.ix_([0, 1], [0, 2])]
M[:, [2, 0]]
M[[1, 0]][:, ::-1]
x[m]
x[x > 0]
M[M > 0]
M[:, np.array([True, False, True])]
T[0, :, 1]
T[:, [0, 2], 1:3]
T[1, ..., ::-1]
A[np.triu_indices(3)]
A[np.arange(3), np.arange(3)]
x[np.argsort(x)]
x[np.argmax(x)]
x[np.nonzero(x > 0)]
x[np.searchsorted([0.0, 1.0, 2.0], [0.5, 1.5])]
x[()]
s[()]
T.reshape(6, 4)
T.reshape(-1)
T.reshape(2, -1)
T.transpose(2, 0, 1)
T.mean(axis=(0, 2))
T.sum(axis=-1, keepdims=True)
(x - x.mean()) / x.std()
np.stack([r * r for r in M])
np.stack([np.sin(t) for t in x])
np.concatenate([x[2:], x[:2]])
np.array([float(i) for i in range(4)]) * x
sum(x)
sum(t * t for t in x)
sum([x, y])
max(x)
min(x)
sorted(x)[0]
[t * t for t in x][2]
list(map(np.sin, x))[1]
[r.sum() for r in M][1]
list(zip(x, y))[1][1] * x[0]
[i * t for i, t in enumerate(x)][3]
list(reversed(x))[0] * y[1]
(lambda u, v, w, z: u * v + w * z)(*x)
functools.reduce(np.multiply, [x, y, x])
functools.reduce(lambda a, t: a * t, x)
math.prod(x)
sum(a * c for a, c in zip(x, y))
np.where(x > 0, x, 0.0)
np.where(x > 0, x, np.exp(x))
np.where(x > y, x, y)
np.where(m, x, y) * s
np.where(np.isfinite(x), x, 0)
(x > 0) * x
x * (y > 0)
np.maximum(x, 0)
np.minimum(x, 1.0)
np.clip(x, 0, None)
np.sqrt(np.sum((x - y) ** 2))
np.sqrt((x ** 2).sum())
np.log(np.sum(np.exp(x)))
x.max() + np.log(np.sum(np.exp(x - x.max())))
np.exp(x) / np.exp(x).sum()
np.exp(M - M.max(axis=1, keepdims=True))
1 / (1 + np.exp(-x))
np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0)
np.tanh(A @ b + v)
np.mean((A @ b - v) ** 2)
0.5 * b @ A @ b
np.linalg.norm(x - y)
np.linalg.norm(M, axis=1)
np.linalg.norm(M, ord='nuc')
np.linalg.norm(A, 2)
np.linalg.norm(x, np.inf)
np.linalg.norm(x, 1)
np.linalg.norm(x, 3)
np.linalg.solve(A, b) @ v
np.linalg.inv(A) @ b
np.linalg.slogdet(A @ A.T)[1]
np.linalg.eigvalsh(A + A.T)[0]
np.linalg.eigh(A + A.T)[1] ** 2
np.linalg.svd(M, full_matrices=False)[1]
np.linalg.svd(M, compute_uv=False)
np.linalg.qr(A)[1]
np.linalg.cholesky(A @ A.T + np.eye(3))
np.linalg.pinv(M) @ M[:, 0][:2]
np.linalg.lstsq(M.T, b, rcond=None)[0]
np.trace(A @ B)
np.diag(A)
np.diag(b) @ A
np.eye(3) * s
np.eye(3) + A
np.outer(b, v)
np.dot(A, b)
A.dot(B)
np.inner(M, N)
np.cross(b, v)
np.kron(A, B)
np.einsum('ij,j->i', A, b)
np.einsum('ii', A)
np.einsum('ii->i', A)
np.einsum('ij->ji', M)
np.einsum('ijk,kl->ijl', T, np.ones((4, 2)))
np.einsum('i,j,ij->', b, v, A)
np.einsum('...i,...i', M, N)
np.einsum('i,i', x, x)
np.einsum(A, [0, 1], b, [1])
np.tensordot(T, T, axes=([0, 1], [0, 1]))
np.add.reduce(M, axis=0)
np.add.reduce(M)
np.multiply.reduce(x)
np.maximum.reduce(M, axis=1)
np.minimum.reduce(x)
np.add.accumulate(x)
np.multiply.accumulate(x)
np.add.outer(x, y)
np.multiply.outer(x, y)
np.subtract.outer(x, x)
np.add.reduceat(x, [0, 2])
np.logaddexp.reduce(x)
out = x.copy(); np.add.at(out, [0, 0, 1], s)
out = x.copy(); np.subtract.at(out, [0, 3], y[:2])
out = x.copy(); np.multiply.at(out, [1, 2], s)
np.sort(x)[-2:]
np.sort(M, axis=0)
np.sort(x)[::-1]
np.partition(x, 2)[:2]
np.median(M, axis=1)
np.percentile(x, [25, 75])
np.quantile(M, 0.4, axis=1)
np.cumsum(x)[::-1]
np.cumsum(x[::-1])[::-1]
np.cumprod(1 + x)
np.diff(x, n=2)
np.diff(M, axis=0)
np.gradient(x, 0.5)
np.gradient(M)[0]
np.trapezoid(y, dx=0.1)
np.trapezoid(y, x)
np.convolve(x, b, mode='same')
np.correlate(x, b, mode='full')
np.interp(0.5, [0.0, 1.0], x[:2])
np.polyval(b, x)
np.vander(x, 3)
np.cov(M)
np.corrcoef(M)
np.average(x, weights=p)
np.var(M, axis=0, ddof=1)
np.std(x, ddof=1)
np.linspace(s, 2 * s, 5)
np.meshgrid(x, b)[0]
np.tile(x, (2, 2))
np.repeat(x, [1, 2, 0, 1])
np.roll(M, 1, axis=1)
np.flip(x)
np.rot90(A)
np.tril(A) + np.triu(A, 1).T
np.pad(x, 1)
np.pad(M, ((1, 0), (0, 2)), mode='edge')
np.pad(x, 2, mode='wrap')
np.split(x, 2)[1]
np.hstack([x, y, [1.0]])
np.vstack([M, np.ones(3)])
np.append(x, 1.0)
np.insert(x, 2, s)
np.delete(x, 1)
np.block([[A, b[:, None]], [v[None, :], s]])
np.moveaxis(T, 0, -1)
np.expand_dims(x, (0, 2))
np.squeeze(x[None])
np.broadcast_to(x, (3, 4))
np.broadcast_arrays(x, s)[1]
np.atleast_2d(x)
np.ravel(M, order='F')
np.reshape(M, (3, 2), order='F')
np.take(M, [0, 2], axis=1)
np.take_along_axis(M, np.argsort(M, axis=1), axis=1)
np.choose([0, 1, 0, 1], [x, y])
np.select([x > 1, x > 0], [x * x, x], 0.0)
np.piecewise(x, [x < 0], [lambda t: -t, lambda t: t * t])
np.extract(x > 0, x)
np.apply_along_axis(np.sum, 1, M)
np.apply_along_axis(lambda r: r / r.sum(), 0, M + 4)
np.nan_to_num(np.where(x > 0, x, np.inf), posinf=0.0)
np.nanmean(np.where(x > 0, x, np.nan))
np.add(x, y, out=np.empty_like(x))
np.sum(x, where=m)
np.sum(M, axis=0, initial=2.0)
np.max(x, where=m, initial=-9.0)
np.mean(M, axis=1, where=M > 0)
np.sum(x, dtype=np.float32)
np.exp(x, dtype=np.float32)
np.fft.fft(x).real
np.abs(np.fft.fft(x))
np.abs(np.fft.rfft(x)) ** 2
np.fft.ifft(np.fft.fft(x) * np.fft.fft(y)).real
np.fft.irfft(np.fft.rfft(x))
np.exp(1j * x)
(x + 1j * y) * (y - 1j * x)
np.abs(x + 1j * y)
np.angle(p + 1j * y)
np.conj(x + 1j * y)
(1j * x).imag
np.real(np.exp(1j * x))
(x + 2j) ** 2
np.linalg.det((A + 1j * B))
np.frompyfunc(lambda t: t * t, 1, 1)(x)
out = x.copy(); out[0] = s
out = x.copy(); out[1:3] = y[:2]
out = x.copy(); out[m] = 0.0
out = x.copy(); out[m] = b
out = x.copy(); out[k] = y
out = x.copy(); out += y
out = x.copy(); out -= 1.0
out = x.copy(); out *= out
out = x.copy(); out /= p
out = p.copy(); out **= 2
out = A.copy(); out @= B
out = x.copy(); out[1] += s
out = x.copy(); out[1:] *= y[1:]
out = M.copy(); out[0] = out[1] * 2
out = M.copy(); out[:, 1] -= s
out = M.copy(); out[0][1] = s
out = M.copy(); r = out[1]; r[:] = b
out = M.copy(); out.T[0] = s
out = np.zeros_like(x); out[1] = s
out = np.zeros_like(x); out[:] = x * y
out = np.zeros_like(M); out[0] = b
out = np.ones_like(x); out[::2] = y[::2]
out = np.full_like(x, s); out[0] = y[1]
out = np.empty_like(x); out[...] = y
out = A.copy(); out[np.diag_indices(3)] = b
out = x.copy(); out[out < 0] = 0.0
"""

# Programs of several lines, which leave their result in `out`.
PROGRAMS = (
    """
out = np.zeros_like(x)
for i in range(4):
    out[i] = x[i] * y[i]
""",
    """
out = np.zeros_like(M)
for i in range(2):
    for j in range(3):
        out[i, j] = np.sin(M[i, j])
""",
    """
rows = []
for r in M:
    rows.append(r / r[0])
out = np.array(rows) if not rows else np.stack(rows)
""",
    """
state = np.zeros_like(b)
for t in x:
    state = np.tanh(A @ state + t * v)
out = state
""",
    """
total = 0.0
for a, c in zip(x, y):
    total += a * c
out = total
""",
    """
total = np.zeros(3)
for r in M:
    total = total + r
out = total
""",
    """
u = x.copy()
for _ in range(3):
    u[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
out = u
""",
    """
z = s
for _ in range(2):
    z = z - (z * z - 2) / (2 * z)
out = z
""",
    """
d = x[:, None] - y[None, :]
out = np.exp(-0.5 * d ** 2).sum(axis=1)
""",
    """
L = np.zeros_like(A)
S = A @ A.T + 3 * np.eye(3)
for i in range(3):
    for j in range(i + 1):
        r = S[i, j] - np.sum(L[i, :j] * L[j, :j])
        L[i, j] = np.sqrt(r) if i == j else r / L[j, j]
out = L
""",
    """
f = np.empty_like(x)
f[0] = x[0]
for i in range(1, 4):
    f[i] = 0.5 * f[i - 1] + x[i]
out = f
""",
    """
if x.sum() > 0:
    out = x * 2
else:
    out = x * 3
""",
    """
out, r = np.divmod(x, 1.5)
out = r
""",
    """
q_, r_ = np.linalg.qr(A)
out = np.linalg.solve(r_, q_.T @ b)
""",
    """
w, V = np.linalg.eigh(A @ A.T)
out = V @ np.diag(np.sqrt(w)) @ V.T
""",
    """
f = np.vectorize(lambda t: t * t if t > 0 else -t)
out = f(x)
""",
    """
out = y.copy()
out[0], out[1] = out[1], out[0]
""",
    """
parts = [x[i:i + 2].sum() for i in range(3)]
out = np.stack(parts)
""",
    """
table = {'a': x, 'b': y}
out = np.concatenate([table[key] for key in sorted(table)])
""",
    """
out = np.zeros((3, 3))
out = out + np.outer(b, v)
""",
    """
c = np.cumsum(x)
c[2:] = c[2:] - c[:-2]
out = c[1:] / 2
""",
)

ALL = tuple(line for line in IDIOMS.splitlines() if line) + PROGRAMS
