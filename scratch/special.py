"""The error function, which numpy lacks, and the normal distribution that GELU takes from it.

erf(x) = 2/√π ∫₀ˣ exp(-t²) dt and erfc(x) = 1 - erf(x), each by a formula that loses no digits
where it is used: the far tail of erfc is computed as such, never as 1 - erf. Names as in
`torch.special`.

The approximations are those of Sun's fdlibm (s_erf.c, 1993): in each of four intervals a
quotient of polynomials with a relative error below 2^-57. All is computed in float64, which
makes a float32 result right to its last bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .autograd import Array, on_either, primitive, raw

# Where one approximation hands over to the next.
SMALL, MEDIUM, LARGE = 0.84375, 1.25, 1 / 0.35

# Numerator and denominator, from the highest power down to the constant.
# fmt: off
ERF_SMALL = (  # erf(x)/x - 1 in x², for |x| < SMALL
    (
        -2.37630166566501626084e-05, -5.77027029648944159157e-03, -2.84817495755985104766e-02,
        -3.25042107247001499370e-01, 1.28379167095512558561e-01,
    ),
    (
        -3.96022827877536812320e-06, 1.32494738004321644526e-04, 5.08130628187576562776e-03,
        6.50222499887672944485e-02, 3.97917223959155352819e-01, 1.0,
    ),
)
ERF_AT_1 = 8.45062911510467529297e-01  # erf(1) to 24 bits; the quotient below has the rest
ERF_MEDIUM = (  # erf(x) - ERF_AT_1 in x - 1, for SMALL <= x < MEDIUM
    (
        -2.16637559486879084300e-03, 3.54783043256182359371e-02, -1.10894694282396677476e-01,
        3.18346619901161753674e-01, -3.72207876035701323847e-01, 4.14856118683748331666e-01,
        -2.36211856075265944077e-03,
    ),
    (
        1.19844998467991074170e-02, 1.36370839120290507362e-02, 1.26171219808761642112e-01,
        7.18286544141962662868e-02, 5.40397917702171048937e-01, 1.06420880400844228286e-01, 1.0,
    ),
)
TAIL_LARGE = (  # log(x erfc(x)) + x² + 0.5625 in 1/x², for MEDIUM <= x < LARGE
    (
        -9.81432934416914548592e00, -8.12874355063065934246e01, -1.84605092906711035994e02,
        -1.62396669462573470355e02, -6.23753324503260060396e01, -1.05586262253232909814e01,
        -6.93858572707181764372e-01, -9.86494403484714822705e-03,
    ),
    (
        -6.04244152148580987438e-02, 6.57024977031928170135e00, 1.08635005541779435134e02,
        4.29008140027567833386e02, 6.45387271733267880336e02, 4.34565877475229228821e02,
        1.37657754143519042600e02, 1.96512716674392571292e01, 1.0,
    ),
)
TAIL_HUGE = (  # the same for x >= LARGE
    (
        -4.83519191608651397019e02, -1.02509513161107724954e03, -6.37566443368389627722e02,
        -1.60636384855821916062e02, -1.77579549177547519889e01, -7.99283237680523006574e-01,
        -9.86494292470009928597e-03,
    ),
    (
        -2.24409524465858183362e01, 4.74528541206955367215e02, 2.55305040643316442583e03,
        3.19985821950859553908e03, 1.53672958608443695994e03, 3.25792512996573918826e02,
        3.03380607434824582924e01, 1.0,
    ),
)
# fmt: on
TWO_OVER_SQRT_PI = 1.1283791670955125739
ONE_OVER_SQRT_2PI = 0.39894228040143267794
SQRT_HALF = 0.70710678118654752440


@primitive
def erf(input: Array) -> Any:
    """erf(x) = 2/√π ∫₀ˣ exp(-t²) dt, elementwise, any shape; its derivative is 2/√π exp(-x²).

    >>> import numpy as np, scratch
    >>> scratch.special.erf(scratch.tensor([0.0, 0.5, 6.0])).numpy().round(4)
    array([0.    , 0.5205, 1.    ])
    """
    return of_float64(erf_of, input), lambda g: g * (TWO_OVER_SQRT_PI * gaussian(input))


@primitive
def erfc(input: Array) -> Any:
    """erfc(x) = 1 - erf(x), elementwise, any shape; its derivative is -2/√π exp(-x²).

    Right also where it is tiny:

    >>> import scratch
    >>> print(f"{scratch.special.erfc(scratch.tensor(10.0)).item():.6e}")  # 1 - erf(10) is 0
    2.088488e-45
    """
    return of_float64(erfc_of, input), lambda g: g * (-TWO_OVER_SQRT_PI * gaussian(input))


@primitive
def ndtr(input: Array) -> Any:
    """Φ(x), elementwise, any shape: how probable it is that a N(0, 1) variable is below x.

    Φ(x) = erfc(-x/√2)/2, its derivative the density φ(x) = exp(-x²/2)/√(2π).

    >>> import scratch
    >>> scratch.special.ndtr(scratch.tensor(0.0)).item()
    0.5
    """
    return of_float64(ndtr_of, input), lambda g: times_density(g, input)


@primitive
def gaussian_of(input: Array) -> Any:
    """exp(-x²), elementwise, any shape; its derivative is -2x exp(-x²).

    Where it is subnormal, -2x times its few digits would be wrong: in two steps of exp(-x²/2).
    """
    x = input.clip(-30, 30)  # where exp(-x²) is 0 already and x² cannot overflow

    def d_input(g: Any) -> Any:
        half_way = np.exp(-x * x / 2)
        return g * (-2 * x) * half_way * half_way

    return np.exp(-x * x), d_input


gaussian = on_either(gaussian_of)


def times_density(factor: Any, x: Any) -> Any:
    """factor φ(x), of arrays or Tensors.

    In two steps of exp(-x²/4), since φ may be subnormal, its digits lost, where the product
    is not. In float64: GELU's derivative is a difference with Φ, which is right to its last bit.
    """
    wide = x.astype(np.float64) if x.dtype == np.float32 else x
    half_way = gaussian(wide.clip(-60, 60) / 2)
    product = ONE_OVER_SQRT_2PI * (factor * half_way) * half_way
    return product.astype(np.float32) if x.dtype == np.float32 else product


# ---- values, of float64 arrays --------------------------------------------------------------


def of_float64(function: Any, input: Any) -> Any:
    """function(x) with x and the result as float64 inside, the result in the input's dtype."""
    x = raw(input)
    return function(np.asarray(x, np.float64)).astype(x.dtype if x.dtype.kind == "f" else float)


def erf_of(x: np.ndarray) -> Any:
    y = np.abs(x)
    value = np.piecewise(
        y,
        [y < SMALL, (y >= SMALL) & (y < MEDIUM), y >= MEDIUM],
        [
            lambda y: y + y * quotient(ERF_SMALL, y * y),
            lambda y: ERF_AT_1 + quotient(ERF_MEDIUM, y - 1),
            lambda y: 1 - np.multiply(*tail(y)),
            np.nan,
        ],
    )
    return np.copysign(value, x)


def erfc_of(x: np.ndarray) -> np.ndarray:
    return np.piecewise(
        x,
        [x < 0.25, (x >= 0.25) & (x < SMALL), (x >= SMALL) & (x < MEDIUM), x >= MEDIUM],
        [
            lambda x: 1 - erf_of(x),
            lambda x: 0.5 - (x - 0.5 + x * quotient(ERF_SMALL, x * x)),
            lambda x: 1 - ERF_AT_1 - quotient(ERF_MEDIUM, x - 1),
            lambda x: np.multiply(*tail(x)),
            np.nan,
        ],
    )


def ndtr_of(x: np.ndarray) -> Any:
    return erfc_of(x * -SQRT_HALF) / 2


def x_ndtr_of(x: np.ndarray) -> np.ndarray:
    """x Φ(x); in the tail x meets the factor of Φ that is not small, see times_density."""

    def below(x: np.ndarray) -> np.ndarray:
        small, rest = tail(x * -SQRT_HALF)
        return small * (rest * (x / 2))

    return np.piecewise(x, [x < -4, x >= -4], [below, lambda x: x * ndtr_of(x), np.nan])


def tail(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two factors whose product is erfc(x), for x >= MEDIUM; only the first is ever tiny.

    x² is needed far beyond its last bit, since exp multiplies a relative error in it by x². So
    x is split: z has the 24 bits of a float32, its square is exact, and
    x² = z² + (x - z)(x + z).
    """
    x = np.minimum(x, 30)  # erfc(30) is 0
    z = x.astype(np.float32).astype(np.float64)
    s = 1 / (x * x)
    correction = np.piecewise(
        s, [x < LARGE], [lambda s: quotient(TAIL_LARGE, s), lambda s: quotient(TAIL_HUGE, s)]
    )
    return np.exp(-z * z - 0.5625), np.exp((z - x) * (z + x) + correction) / x


def quotient(polynomials: tuple[tuple[float, ...], ...], x: np.ndarray) -> Any:
    """Numerator over denominator at x."""
    numerator, denominator = polynomials
    return horner(numerator, x) / horner(denominator, x)


def horner(coefficients: tuple[float, ...], x: np.ndarray) -> Any:
    """The polynomial at x: ((a x + b) x + c) ..."""
    value: Any = coefficients[0]
    for coefficient in coefficients[1:]:
        value = value * x + coefficient
    return value
