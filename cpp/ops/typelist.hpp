// A list of types, and the two walks over one that tables need.
#pragma once

#include <cstddef>
#include <type_traits>

namespace rg {

template <class... T>
struct TypeList {
    static constexpr std::size_t size = sizeof...(T);
};

template <class A, class B>
struct ConcatLists;
template <class... A, class... B>
struct ConcatLists<TypeList<A...>, TypeList<B...>> {
    using type = TypeList<A..., B...>;
};
template <class A, class B>
using Concat = typename ConcatLists<A, B>::type;

// The place of T in the list.
template <class T, class... Ts>
constexpr int index_in(TypeList<Ts...>) {
    int i = 0, found = -1;
    ((found = std::is_same_v<T, Ts> ? i : found, ++i), ...);
    return found;
}

// f.template operator()<T>() for every T, in order.
template <class... T, class F>
constexpr void for_each_type(TypeList<T...>, F&& f) {
    (f.template operator()<T>(), ...);
}

}  // namespace rg
