"""How a gradient becomes a step: SGD with momentum, RMSprop, Adam, AdamW.

Lecture: "Descenso del gradiente", "Otros algoritmos de optimización". The twin is `torch.optim`.

Every optimizer keeps what it remembers of a parameter (an average of its gradients, ...) in arrays
of its own, in `state`, and changes them and the parameter in place.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

import numpy as np

from .autograd.node import changed_in_place
from .tensor import Tensor

Options = dict[str, Any]
State = dict[str, Any]


class Optimizer:
    """What all of them share: parameters, options, memory, and both as a dictionary.

    `params`: Tensors, leaves. `defaults`: the options, by name.
    `param_groups[0]` holds the options and the parameters: write a new learning rate into
    `param_groups[0]["lr"]`. `state[p]` is what is remembered of the parameter p.
    ValueError: no parameters, one that is no leaf or is listed twice. TypeError: no Tensor.

    Twin: `torch.optim.Optimizer`.

    >>> import scratch
    >>> optimizer = SGD([scratch.tensor([1.0], requires_grad=True)], lr=0.5)
    >>> optimizer.param_groups[0]["lr"]
    0.5
    """

    def __init__(self, params: Iterable[Tensor], defaults: Options) -> None:
        self.param_groups: list[Options] = [{**defaults, "params": _checked_params(params)}]
        self.state: dict[Tensor, State] = {}

    def step(self) -> None:
        """Move every parameter that has a gradient, in place: the arrays stay the same objects.

        A graph that used the old numbers refuses to be walked afterwards.
        ValueError: a gradient was replaced by what is no array of the parameter's shape.
        """
        options = self.param_groups[0]
        for p in options["params"]:
            g = p.grad
            if g is not None:
                if type(g) is not np.ndarray or g.shape != p.data.shape:
                    _refuse_gradient(p, g)
                self._update(p, g, options)
                changed_in_place(p)

    def zero_grad(self) -> None:
        """Forget the gradients: backward adds to what is there."""
        for p in self.param_groups[0]["params"]:
            p.grad = None

    def state_dict(self) -> dict[str, Any]:
        """Copies of options and memory, parameters by their number: all that a resumed run needs.

        {"state": {0: {name: array or number}, ...}, "param_groups": [{option: value,
        "params": [0, 1, ...]}]}, as PyTorch's.
        """
        params = self.param_groups[0]["params"]
        remembered = {i: _copied(self.state[p]) for i, p in enumerate(params) if p in self.state}
        group = {**self.param_groups[0], "params": list(range(len(params)))}
        return {"state": remembered, "param_groups": [group]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where the optimizer of `state_dict` stopped, with its options.

        The parameters themselves are the model's to load, before or after.
        ValueError: other options than this optimizer has, one out of range, another number of
        parameters, or an array of another shape than its parameter. Nothing was loaded then.
        """
        own = self.param_groups[0]
        if not isinstance(state_dict, Mapping):
            raise TypeError(
                f"state_dict: expected what state_dict() gave, got {type(state_dict).__name__}"
            )
        if not {"state", "param_groups"} <= set(state_dict):
            raise ValueError(f"state_dict: expected state and param_groups, got {list(state_dict)}")
        groups = state_dict["param_groups"]
        if len(groups) != 1 or groups[0].keys() != own.keys():
            raise ValueError(
                f"state_dict: expected one group with {', '.join(own)}, "
                f"got {[', '.join(group) for group in groups]}"
            )
        group = groups[0]
        numbers, params = list(group["params"]), own["params"]
        if len(numbers) != len(params):
            raise ValueError(
                f"state_dict: it has {len(numbers)} parameters, this optimizer {len(params)}"
            )
        options = {name: value for name, value in group.items() if name != "params"}
        self._check(options)
        loaded: dict[Tensor, State] = {}
        for number, p in zip(numbers, params):
            if number not in state_dict["state"]:
                continue  # it never had a gradient
            loaded[p] = {}
            for name, value in state_dict["state"][number].items():
                array = np.asarray(value)  # from a file or from PyTorch, `step` is an array too
                if name == "step":
                    loaded[p][name] = int(array)
                elif array.shape == p.shape:
                    loaded[p][name] = array.astype(p.dtype)  # a copy
                else:
                    raise ValueError(
                        f"state_dict: {name} of parameter {number} has shape {array.shape}, "
                        f"the parameter {p.shape}"
                    )
        self.param_groups = [{**options, "params": params}]
        self.state = loaded

    def _check(self, options: Options) -> None:
        """ValueError or TypeError for an option out of range, by name."""
        raise NotImplementedError

    def _update(self, p: Tensor, g: np.ndarray, options: Options) -> None:
        """Move p, in place, by what the rule makes of its gradient g."""
        raise NotImplementedError

    def __repr__(self) -> str:
        options = ", ".join(f"{k}={v}" for k, v in self.param_groups[0].items() if k != "params")
        return f"{type(self).__name__}({options})"


class SGD(Optimizer):
    """p <- p - lr g; with momentum: b <- momentum b + (1 - dampening) g, p <- p - lr b.

    g = dL/dp + weight_decay p. The first b is g itself. `nesterov`: p <- p - lr (g + momentum b),
    as if the gradient were taken where b is about to lead.
    `lr`, `momentum`, `weight_decay`: 0 or more; `dampening`: any finite number.
    ValueError: an option out of range, or `nesterov` without momentum or with dampening.

    Source: "Descenso del gradiente"; Sutskever et al. (2013), On the importance of initialization
    and momentum in deep learning, formulas 1 to 4 (there lr multiplies g inside b). Twin:
    `torch.optim.SGD`.

    >>> import scratch
    >>> w = scratch.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = SGD([w], lr=0.25)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.tolist()
    [0.5, 1.0]
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
        }
        self._check(options)
        super().__init__(params, options)

    def _check(self, options: Options) -> None:
        _check_numbers(options, "lr", "momentum", "weight_decay")
        _check_numbers(options, "dampening", lowest=-math.inf)
        if options["nesterov"] and (options["momentum"] == 0 or options["dampening"] != 0):
            raise ValueError(
                "nesterov: it needs a momentum above 0 and dampening 0, got momentum="
                f"{options['momentum']} and dampening={options['dampening']}"
            )

    def _update(self, p: Tensor, g: np.ndarray, options: Options) -> None:
        momentum = options["momentum"]
        if options["weight_decay"] != 0:
            g = g + options["weight_decay"] * p.data
        if momentum != 0:
            if p not in self.state:
                b = np.array(g)
                self.state[p] = {"momentum_buffer": b}
            else:
                b = self.state[p]["momentum_buffer"]
                b *= momentum
                b += (1 - options["dampening"]) * g
            g = g + momentum * b if options["nesterov"] else b
        p.data -= options["lr"] * g


class RMSprop(Optimizer):
    """v <- alpha v + (1 - alpha) g^2, p <- p - lr g / (sqrt(v) + eps).

    g = dL/dp + weight_decay p. `centered`: a <- alpha a + (1 - alpha) g, and v - a^2, the variance
    of g, in place of v. `momentum`: b <- momentum b + g / (sqrt(v) + eps), p <- p - lr b.
    `lr`, `eps`, `weight_decay`, `momentum`: 0 or more; `alpha`: from 0 to 1.
    ValueError: an option out of range.

    Source: "Otros algoritmos de optimización"; Tieleman and Hinton (2012), Lecture 6.5: rmsprop;
    centred: Graves (2013), Generating sequences with recurrent neural networks, formulas 38 to 41.
    Twin: `torch.optim.RMSprop`.

    >>> import scratch
    >>> w = scratch.tensor([1.0, -200.0], requires_grad=True)
    >>> optimizer = RMSprop([w], lr=0.1, alpha=0.75)
    >>> (w * w).sum().backward()
    >>> optimizer.step()                      # the same distance, whatever the size of the gradient
    >>> w.data.round(6).tolist()
    [0.8, -199.8]
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "alpha": alpha,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "centered": centered,
        }
        self._check(options)
        super().__init__(params, options)

    def _check(self, options: Options) -> None:
        _check_numbers(options, "lr", "eps", "weight_decay", "momentum")
        _check_numbers(options, "alpha", highest=1)

    def _update(self, p: Tensor, g: np.ndarray, options: Options) -> None:
        alpha, momentum = options["alpha"], options["momentum"]
        state = self.state.setdefault(p, {"step": 0})
        state["step"] += 1  # the rule needs no count; PyTorch's refuses to go on without one
        if options["weight_decay"] != 0:
            g = g + options["weight_decay"] * p.data

        v = _remembered(state, "square_avg", p)
        v *= alpha
        v += (1 - alpha) * g * g
        if options["centered"]:
            a = _remembered(state, "grad_avg", p)
            a *= alpha
            a += (1 - alpha) * g
            v = np.maximum(v - a * a, 0)  # a variance; rounding may take it below 0
        d = g / (np.sqrt(v) + options["eps"])

        if momentum != 0:
            b = _remembered(state, "momentum_buffer", p)
            b *= momentum
            b += d
            d = b
        p.data -= options["lr"] * d


class Adam(Optimizer):
    """m <- beta1 m + (1 - beta1) g, v <- beta2 v + (1 - beta2) g^2, and a step against m / sqrt(v).

    p <- p - lr m' / (sqrt(v') + eps), where m' = m / (1 - beta1^t) and v' = v / (1 - beta2^t) make
    up for the averages having started at 0; t counts the steps from 1. g = dL/dp + weight_decay p.
    `amsgrad`: the largest v so far in place of v.
    `lr`, `eps`, `weight_decay`: 0 or more; `betas`: both from 0 to below 1.
    ValueError: an option out of range.

    Source: "Otros algoritmos de optimización"; Kingma and Ba (2015), Adam, algorithm 1; Reddi et
    al. (2018), On the convergence of Adam and beyond. Twin: `torch.optim.Adam`.

    >>> import scratch
    >>> w = scratch.tensor([1.0, -200.0], requires_grad=True)
    >>> optimizer = Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()                                  # the first step is lr against the sign
    >>> w.data.round(6).tolist()
    [0.9, -199.9]
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
        }
        self._check(options)
        super().__init__(params, options)

    def _check(self, options: Options) -> None:
        _check_numbers(options, "lr", "eps", "weight_decay")
        betas = options["betas"]
        if not isinstance(betas, (tuple, list)) or len(betas) != 2:
            raise TypeError(f"betas: expected two numbers, got {betas!r}")
        for i, beta in enumerate(betas):
            _check_numbers({f"betas[{i}]": beta}, f"betas[{i}]", below=1)
        options["betas"] = float(betas[0]), float(betas[1])

    def _update(self, p: Tensor, g: np.ndarray, options: Options) -> None:
        if options["weight_decay"] != 0:  # a part of the gradient, so it is averaged and scaled too
            g = g + options["weight_decay"] * p.data
        self._move(p, g, options)

    def _move(self, p: Tensor, g: np.ndarray, options: Options) -> None:
        beta1, beta2 = options["betas"]
        state = self.state.setdefault(p, {"step": 0})
        state["step"] += 1
        m, v = _remembered(state, "exp_avg", p), _remembered(state, "exp_avg_sq", p)
        m *= beta1
        m += (1 - beta1) * g
        v *= beta2
        v += (1 - beta2) * g * g
        if options["amsgrad"]:
            largest = _remembered(state, "max_exp_avg_sq", p)
            v = np.maximum(largest, v, out=largest)

        # v' and m' are not written out: the corrections are numbers, m and v are arrays
        denominator = np.sqrt(v) / math.sqrt(1 - beta2 ** state["step"]) + options["eps"]
        p.data -= options["lr"] / (1 - beta1 ** state["step"]) * (m / denominator)


class AdamW(Adam):
    """p <- p - lr weight_decay p, then Adam's step on the plain gradient g = dL/dp.

    Adam divides the decay by sqrt(v) with the rest of the gradient, so that weights with large
    gradients hardly decay; here all decay alike. Parameters and errors are those of `Adam`.

    Source: "Otros algoritmos de optimización"; Loshchilov and Hutter (2019), Decoupled weight decay
    regularization, algorithm 2. Twin: `torch.optim.AdamW`.

    >>> import scratch
    >>> w = scratch.tensor([1.0, -200.0], requires_grad=True)
    >>> optimizer = AdamW([w], lr=0.1, weight_decay=0.5)
    >>> (w * 0).sum().backward()
    >>> optimizer.step()                                  # no gradient: all that is left is decay
    >>> w.tolist()
    [0.95, -190.0]
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad)

    def _update(self, p: Tensor, g: np.ndarray, options: Options) -> None:
        if options["weight_decay"] != 0:
            p.data *= 1 - options["lr"] * options["weight_decay"]
        self._move(p, g, options)


def _remembered(state: State, name: str, p: Tensor) -> np.ndarray:
    """The array of this name in the memory of p; zeros at first."""
    if name not in state:
        state[name] = np.zeros_like(p.data)
    array: np.ndarray = state[name]
    return array


def _refuse_gradient(p: Tensor, g: Any) -> NoReturn:
    """numpy would stretch a gradient of another shape, and move the parameter all the same."""
    given = f"shape {g.shape}" if isinstance(g, np.ndarray) else type(g).__name__
    raise ValueError(
        f"grad: expected an array of the parameter's shape, {p.shape}, got {given}"
    )


def _copied(state: State) -> State:
    return {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in state.items()}


def _checked_params(params: Iterable[Tensor]) -> list[Tensor]:
    if isinstance(params, Tensor):
        raise TypeError("params: expected several Tensors, got one: write [w] for a lone w")
    if not isinstance(params, Iterable):
        raise TypeError(f"params: expected several Tensors, got {type(params).__name__}")
    checked = list(params)
    if not checked:
        raise ValueError("params: optimizer got an empty parameter list")
    first: dict[Any, int] = {}
    for i, p in enumerate(checked):
        if not isinstance(p, Tensor):
            raise TypeError(f"params[{i}]: expected a Tensor, got {type(p).__name__}")
        if not p.is_leaf:
            raise ValueError(f"params[{i}]: can't optimize a non-leaf Tensor")
        if first.setdefault(p, i) != i:
            raise ValueError(
                f"params[{i}]: the same Tensor as params[{first[p]}], it would move twice a step"
            )
    return checked


def _check_numbers(
    options: Options,
    *names: str,
    lowest: float = 0,
    highest: float = math.inf,
    below: float = math.inf,
) -> None:
    """The options of these names are finite numbers in the range; made Python floats.

    A numpy float64 would compute the step of float32 weights in float64.
    """
    for name in names:
        value = options[name]
        if not isinstance(value, (int, float, np.number)):
            raise TypeError(f"{name}: expected a number, got {value!r}")
        if not (math.isfinite(value) and lowest <= value <= highest and value < below):
            limits = "" if lowest == -math.inf else ", 0 or more"
            if highest < math.inf:
                limits = f" from {lowest} to {highest}"
            elif below < math.inf:
                limits = f" from {lowest} to below {below}"
            raise ValueError(f"{name}: expected a finite number{limits}, got {value!r}")
        options[name] = float(value)
