// The smallest tape: one entry an operation, the partial derivatives computed as it runs.

#include <vector>

namespace {

struct Entry {
    int a, b;
    double da, db;
};

// Kept between calls, so that its memory is warm.
std::vector<Entry> tape;
std::vector<double> adjoint;

struct Real {
    double value;
    int index;
};

Real record(double value, Entry entry) {
    tape.push_back(entry);
    return {value, static_cast<int>(tape.size()) - 1};
}

Real operator*(Real a, Real b) {
    return record(a.value * b.value, {a.index, b.index, b.value, a.value});
}
Real operator+(Real a, Real b) { return record(a.value + b.value, {a.index, b.index, 1, 1}); }

}  // namespace

extern "C" void tape_chain(long steps, double z0, double x0, double y0, double* found) {
    tape.clear();
    Real z = record(z0, {}), x = record(x0, {}), y = record(y0, {});
    for (long i = 0; i < steps; ++i) z = z * x + y;
    adjoint.assign(tape.size(), 0.0);
    adjoint[z.index] = 1.0;
    for (int i = z.index; i > 2; --i) {
        const Entry& e = tape[i];
        adjoint[e.a] += e.da * adjoint[i];
        adjoint[e.b] += e.db * adjoint[i];
    }
    found[0] = z.value;
    for (int i = 0; i < 3; ++i) found[i + 1] = adjoint[i];
}
