"""Reads a model that TorchSharp.SparseConv exported (safetensors) and gives it the names and layouts of a Python library.

    python load_weights.py model.safetensors --to spconv2 --out model.pth
    state = convert(read_safetensors("model.safetensors"), "minkowski")

Needs torch and the standard library only. Convolution weights are those of three axes, [taps, in, out], taps row-major
over the kernel (last axis fastest). Cubic kernels are assumed; others are given by name: kernels={"conv.weight": (3, 1, 1)}.
Layers that run backwards (transposed) matter for "dense" alone: name them in transposed=.
"""

import argparse
import json
import math
import struct

import torch

TYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
LIBRARIES = ("spconv1", "spconv2", "minkowski", "torchsparse", "dense")


def read_safetensors(path):
    """All tensors of a safetensors file by name."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    state = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        dtype = TYPES[entry["dtype"]]
        if begin == end:
            state[name] = torch.empty(entry["shape"], dtype=dtype)
        else:
            flat = torch.frombuffer(data[begin:end], dtype=dtype)
            state[name] = flat.reshape(entry["shape"]).clone()
    return state


def cube(taps, dimensions):
    """The sizes of a cubic kernel of so many taps."""
    side = round(taps ** (1 / dimensions))
    if side**dimensions != taps:
        raise ValueError(f"{taps} taps are no cube in {dimensions} dimensions: give the kernel by name")
    return (side,) * dimensions


def convert_weight(weight, kernel, library, transposed=False):
    """One weight [taps, in, out] in the layout of a library."""
    taps, n_in, n_out = weight.shape
    if math.prod(kernel) != taps:
        raise ValueError(f"kernel {kernel} has {math.prod(kernel)} taps, the weight has {taps}")
    axes = list(range(len(kernel)))
    spatial = weight.reshape(*kernel, n_in, n_out)
    i, o = len(axes), len(axes) + 1
    if library == "spconv1":
        return spatial.contiguous()
    if library == "spconv2":
        if taps == 1:  # spconv multiplies by weight.view(in, out) there
            return weight.contiguous().view(n_out, *kernel, n_in)
        return spatial.permute(o, *axes, i).contiguous()
    if library == "dense":
        return spatial.permute(*((i, o) if transposed else (o, i)), *axes).contiguous()
    if library not in LIBRARIES:
        raise ValueError(f"no library {library}, must be one of {', '.join(LIBRARIES)}")
    if taps == 1:
        return weight.reshape(n_in, n_out).contiguous()
    if library == "minkowski" or taps % 2 == 1:  # first axis fastest
        return spatial.permute(*reversed(axes), i, o).reshape(taps, n_in, n_out)
    return weight.contiguous()


def convert(state, library, dimensions=3, kernels=None, transposed=()):
    """A whole state_dict with the library's names: weights of convolutions, MinkowskiEngine's biases and norms."""
    result = {}
    norms = {name[: -len("running_mean")] for name in state if name.endswith("running_mean")}
    for name, tensor in state.items():
        prefix, last = name[: name.rfind(".") + 1], name[name.rfind(".") + 1 :]
        is_convolution = state.get(prefix + "weight", tensor).dim() == 3
        if is_convolution and last == "weight":
            kernel = (kernels or {}).get(name) or cube(tensor.shape[0], dimensions)
            parameter = "kernel" if library in ("minkowski", "torchsparse") else "weight"
            result[prefix + parameter] = convert_weight(tensor, kernel, library, name in transposed)
        elif is_convolution and last == "bias" and library == "minkowski":
            result[name] = tensor.reshape(1, -1)
        elif prefix in norms and library == "minkowski":
            result[f"{prefix}bn.{last}"] = tensor
        else:
            result[name] = tensor
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a .safetensors file")
    parser.add_argument("--to", choices=LIBRARIES, required=True)
    parser.add_argument("--out", required=True, help="the .pth to write")
    parser.add_argument("--dimensions", type=int, default=3)
    parser.add_argument("--transposed", nargs="*", default=[], help="weights of transposed layers, for dense")
    arguments = parser.parse_args()
    state = read_safetensors(arguments.model)
    torch.save(
        convert(state, arguments.to, arguments.dimensions, transposed=arguments.transposed),
        arguments.out,
    )
    print(f"{len(state)} tensors written to {arguments.out} for {arguments.to}")


if __name__ == "__main__":
    main()
