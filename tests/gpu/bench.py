#!/usr/bin/env python3
"""Times the CUDA engine through its C ABI, beside PyTorch doing the same, on the clouds of SPARSECONV_DATA.

One JSON line a measurement goes to standard output, and a table to <output>/<GPU>/convolution.md. Needs a GPU, PyTorch
for CUDA and libsparseconv. Each time is the median of repeated runs, taken by events on the stream; each result is
compared with PyTorch's before it is timed, and the largest error is told beside the time.
"""

import argparse
import ctypes
import json
import os
import pathlib
import re
import statistics
import sys
import time

ABI_VERSION = 6
MAX_DIMENSIONS = 4
TYPES = ("float32", "tf32", "float16", "bfloat16")
ELEMENT_TYPES = {"float32": 0, "tf32": 0, "bfloat16": 2, "float16": 3}
PASSES = ("forward", "grad_input", "grad_weight")
# Relative to the largest number of the result, against PyTorch's sums, which are rounded tap by tap.
TOLERANCES = {"float32": 1e-4, "tf32": 5e-3, "float16": 2e-2, "bfloat16": 1e-1}
CLOUDS = (
    ("benchmark-pc 0.1", "bench/benchmark-pc.bin", 3, 0.1),
    ("benchmark-pc 0.05", "bench/benchmark-pc.bin", 3, 0.05),
    ("kitti 0.05", "kitti/000000.bin", 4, 0.05),
)
FINE_TO_COARSE, DOWNSAMPLE = 0, 1


class Matrix(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("rows", ctypes.c_int64),
        ("columns", ctypes.c_int64),
        ("element_type", ctypes.c_int32),
        ("device", ctypes.c_int32),
    ]


class Geometry(ctypes.Structure):
    _fields_ = [
        ("dimensions", ctypes.c_int32),
        ("size", ctypes.c_int32 * MAX_DIMENSIONS),
        ("stride", ctypes.c_int32 * MAX_DIMENSIONS),
        ("dilation", ctypes.c_int32 * MAX_DIMENSIONS),
        ("padding", ctypes.c_int32 * MAX_DIMENSIONS),
        ("tap_count", ctypes.c_int32),
        ("taps", ctypes.c_void_p),
    ]


def cube(size, stride, padding):
    """A kernel of three equal sides."""
    fill = lambda value: (ctypes.c_int32 * MAX_DIMENSIONS)(value, value, value, 1)
    return Geometry(3, fill(size), fill(stride), fill(1), fill(padding), 0, None)


KERNELS = {"submanifold 3^3": cube(3, 1, 1), "strided 2^3": cube(2, 2, 0)}


class Library:
    """The functions of sparseconv.h; a failing status is an exception with the library's sentence."""

    def __init__(self, path):
        self._library = ctypes.CDLL(str(path))
        for name, result, parameters in self._functions():
            function = getattr(self._library, name)
            function.restype, function.argtypes = result, parameters
        version = self._library.spc_abi_version()
        if version != ABI_VERSION:
            raise SystemExit(f"{path} has ABI version {version}, this needs {ABI_VERSION}")

    @staticmethod
    def _functions():
        pointer, int32, int64, text = ctypes.c_void_p, ctypes.c_int32, ctypes.c_int64, ctypes.c_char_p
        out, matrix, geometry = ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(Matrix), ctypes.POINTER(Geometry)
        return (
            ("spc_abi_version", int32, []),
            ("spc_last_error", text, []),
            ("spc_cuda_device_count", int32, [ctypes.POINTER(int32)]),
            ("spc_cuda_device_name", int32, [int32, ctypes.POINTER(text)]),
            ("spc_set_tf32", int32, [int32]),
            ("spc_map_create", int32, [pointer, int64, int32, int32, pointer, out]),
            ("spc_map_coarsen", int32, [pointer, geometry, int32, pointer, pointer, out]),
            ("spc_map_rows", int64, [pointer]),
            ("spc_map_destroy", None, [pointer]),
            ("spc_rulebook_create", int32, [pointer, pointer, geometry, pointer, out]),
            ("spc_rulebook_taps", int64, [pointer]),
            ("spc_rulebook_pairs", int64, [pointer]),
            ("spc_rulebook_counts", int32, [pointer, pointer]),
            ("spc_rulebook_tap_pairs", int32, [pointer, int64, pointer, pointer, pointer]),
            ("spc_rulebook_destroy", None, [pointer]),
            (
                "spc_convolution_workspace",
                int32,
                [pointer, int32, int32, int64, int64, int64, int32, ctypes.POINTER(int64)],
            ),
            (
                "spc_convolution_forward",
                int32,
                [pointer, int32, int64, matrix, matrix, matrix, matrix, matrix, int32, pointer, int64, pointer, matrix],
            ),
            (
                "spc_convolution_backward_input",
                int32,
                [pointer, int32, int64, matrix, matrix, pointer, int64, pointer, matrix],
            ),
            (
                "spc_convolution_backward_weight",
                int32,
                [pointer, int32, int64, matrix, matrix, pointer, int64, pointer, matrix, matrix],
            ),
        )

    def __getattr__(self, name):
        function = getattr(self._library, "spc_" + name)
        if function.restype is not ctypes.c_int32 or name == "abi_version":
            return function

        def checked(*arguments):
            status = function(*arguments)
            if status != 0:
                raise RuntimeError(f"spc_{name}: {status}: {self._library.spc_last_error().decode()}")

        return checked


def view(tensor, element_type):
    return Matrix(tensor.data_ptr(), tensor.shape[0], tensor.shape[1], element_type, tensor.device.index)


def median_ms(torch, run, repeats):
    """Median time of one run on the stream."""
    for _ in range(3):
        run()
    pairs = [(torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)) for _ in range(repeats)]
    for begin, end in pairs:
        begin.record()
        run()
        end.record()
    torch.cuda.synchronize()
    return statistics.median(begin.elapsed_time(end) for begin, end in pairs)


def median_wall_ms(torch, run, repeats):
    """Median time until the host has the result: for what returns counts."""
    times = []
    for _ in range(repeats + 3):
        torch.cuda.synchronize()
        begin = time.perf_counter()
        run()
        torch.cuda.synchronize()
        times.append(1e3 * (time.perf_counter() - begin))
    return statistics.median(times[3:])


class Site:
    """The maps and the rulebook of one cloud and one kernel, and what PyTorch needs of them."""

    def __init__(self, torch, library, coordinates, kernel, device):
        self.torch, self.library, self.kernel, self.device = torch, library, kernel, device
        self.stream = torch.cuda.current_stream(device).cuda_stream
        self.coordinates = coordinates
        self.fine = self.make_map()
        self.strided = kernel.stride[0] > 1
        self.coarse = self.coarsen() if self.strided else self.fine
        self.rulebook = self.make_rulebook()
        self.fine_rows, self.coarse_rows = library.map_rows(self.fine), library.map_rows(self.coarse)
        self.taps, self.pairs = library.rulebook_taps(self.rulebook), library.rulebook_pairs(self.rulebook)
        self.tap_pairs = [self._read_tap(tap, count) for tap, count in enumerate(self._counts())]

    def make_map(self):
        out = ctypes.c_void_p()
        rows, columns = self.coordinates.shape
        self.library.map_create(
            self.coordinates.data_ptr(), rows, columns - 1, self.device.index, self.stream, ctypes.byref(out)
        )
        return out

    def coarsen(self):
        out = ctypes.c_void_p()
        self.library.map_coarsen(
            self.fine, ctypes.byref(self.kernel), DOWNSAMPLE, None, self.stream, ctypes.byref(out)
        )
        return out

    def make_rulebook(self):
        out = ctypes.c_void_p()
        self.library.rulebook_create(
            self.coarse, self.fine, ctypes.byref(self.kernel), self.stream, ctypes.byref(out)
        )
        return out

    def _counts(self):
        counts = (ctypes.c_int64 * self.taps)()
        self.library.rulebook_counts(self.rulebook, counts)
        return list(counts)

    def _read_tap(self, tap, count):
        fine = self.torch.empty(count, dtype=self.torch.int64, device=self.device)
        coarse = self.torch.empty_like(fine)
        self.library.rulebook_tap_pairs(self.rulebook, tap, self.stream, fine.data_ptr(), coarse.data_ptr())
        return fine, coarse

    def building(self, repeats):
        """Milliseconds of making the map, the coarse map and the rulebook."""

        def timed(make, destroy):
            return median_wall_ms(self.torch, lambda: destroy(make()), repeats)

        times = {"map": timed(self.make_map, self.library.map_destroy)}
        if self.strided:
            times["coarse map"] = timed(self.coarsen, self.library.map_destroy)
        times["rulebook"] = timed(self.make_rulebook, self.library.rulebook_destroy)
        return times

    def destroy(self):
        self.library.rulebook_destroy(self.rulebook)
        if self.strided:
            self.library.map_destroy(self.coarse)
        self.library.map_destroy(self.fine)


class Layer:
    """One convolution from fine to coarse in one type, by the library and by PyTorch."""

    def __init__(self, site, channels, type_name):
        torch = site.torch
        self.site, self.channels, self.torch = site, channels, torch
        self.element_type = ELEMENT_TYPES[type_name]
        dtype = torch.float32 if type_name == "tf32" else getattr(torch, type_name)
        generator = torch.Generator(device=site.device).manual_seed(1)

        def random(*shape):
            return torch.randn(*shape, generator=generator, device=site.device).to(dtype)

        self.input, self.grad = random(site.fine_rows, channels), random(site.coarse_rows, channels)
        self.weight = random(site.taps * channels, channels) / (site.taps * channels) ** 0.5
        self.output, self.grad_input = torch.empty_like(self.grad), torch.empty_like(self.input)
        self.grad_weight = torch.empty_like(self.weight)
        self.workspaces = [self._workspace(number) for number in range(len(PASSES))]

    def _workspace(self, number):
        size = ctypes.c_int64()
        self.site.library.convolution_workspace(
            self.site.rulebook, FINE_TO_COARSE, number, 1, self.channels, self.channels, self.element_type,
            ctypes.byref(size),
        )
        return self.torch.empty(max(size.value, 1), dtype=self.torch.uint8, device=self.site.device)

    def _views(self, *tensors):
        return [ctypes.byref(view(tensor, self.element_type)) for tensor in tensors]

    def run(self, pass_name):
        """A function that queues the pass, and the tensor that it writes."""
        library, site = self.site.library, self.site
        space = self.workspaces[PASSES.index(pass_name)]
        scratch = (space.data_ptr(), space.numel())
        if pass_name == "forward":
            x, w, y = self._views(self.input, self.weight, self.output)
            return self.output, lambda: library.convolution_forward(
                site.rulebook, FINE_TO_COARSE, 1, x, w, None, None, None, 0, *scratch, site.stream, y
            )
        if pass_name == "grad_input":
            g, w, dx = self._views(self.grad, self.weight, self.grad_input)
            return self.grad_input, lambda: library.convolution_backward_input(
                site.rulebook, FINE_TO_COARSE, 1, g, w, *scratch, site.stream, dx
            )
        x, g, dw = self._views(self.input, self.grad, self.grad_weight)
        return self.grad_weight, lambda: library.convolution_backward_weight(
            site.rulebook, FINE_TO_COARSE, 1, x, g, *scratch, site.stream, dw, None
        )

    def pytorch(self, pass_name):
        """The same by index_select, mm and index_add."""
        weights = self.weight.view(self.site.taps, self.channels, self.channels)
        result = self.torch.zeros_like(self.run(pass_name)[0])
        if pass_name == "grad_weight":
            parts = result.view_as(weights)
            for tap, (fine, coarse) in enumerate(self.site.tap_pairs):
                parts[tap] = self.input.index_select(0, fine).t() @ self.grad.index_select(0, coarse)
            return result
        for tap, (fine, coarse) in enumerate(self.site.tap_pairs):
            if pass_name == "forward":
                result.index_add_(0, coarse, self.input.index_select(0, fine) @ weights[tap])
            else:
                result.index_add_(0, fine, self.grad.index_select(0, coarse) @ weights[tap].t())
        return result


def error_of(found, expected):
    scale = expected.float().abs().max().clamp_min(1e-30)
    return ((found.float() - expected.float()).abs().max() / scale).item()


def allow_tf32(torch, library, type_name):
    allowed = type_name == "tf32"
    torch.backends.cuda.matmul.allow_tf32 = allowed
    library.set_tf32(1 if allowed else 0)


def ceilings(torch, library, device, repeats, side):
    """TFLOP/s of a large matrix product by type, and GB/s of a copy within the device (reads and writes)."""
    rates = {}
    for type_name in TYPES:
        allow_tf32(torch, library, type_name)
        dtype = torch.float32 if type_name == "tf32" else getattr(torch, type_name)
        a, b = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
        rates[type_name] = 2 * side**3 / median_ms(torch, lambda: torch.mm(a, b), repeats) / 1e9
    source = torch.empty(1 << 30, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    rates["copy"] = 2 * source.numel() / median_ms(torch, lambda: target.copy_(source), repeats) / 1e6
    return rates


def read_cloud(numpy, folder, name, columns, voxel):
    """Distinct voxels, int32 [rows, 1 + 3], of one batch."""
    points = numpy.fromfile(folder / name, dtype=numpy.float32).reshape(-1, columns)[:, :3]
    voxels = numpy.unique(numpy.floor(points / voxel).astype(numpy.int32), axis=0)
    return numpy.concatenate([numpy.zeros((len(voxels), 1), numpy.int32), voxels], axis=1)


class Report:
    """JSON lines as they come, and the tables at the end."""

    def __init__(self, gpu, rates):
        self.gpu, self.rates, self.buildings, self.layers = gpu, rates, [], []
        self._tell({"what": "ceilings", "gpu": gpu, **rates})

    @staticmethod
    def _tell(line):
        print(json.dumps(line), flush=True)

    def add_building(self, line):
        self.buildings.append(line)
        self._tell({"what": "building", **line})

    def add_layer(self, line):
        self.layers.append(line)
        self._tell({"what": "layer", **line})

    def wrong(self):
        return [line for line in self.layers if not line["error"] <= TOLERANCES[line["type"]]]

    def markdown(self):
        lines = [f"# Convolution on {self.gpu}", "", "Medians; written by tests/gpu/bench.py.", "", "## Ceilings", ""]
        lines += ["| what | rate |", "|---|---:|"]
        lines += [f"| large matrix product, {name} | {self.rates[name]:.1f} TFLOP/s |" for name in TYPES]
        lines += [f"| copy within the device | {self.rates['copy']:.0f} GB/s |", "", "## Maps and rulebooks", ""]
        lines += ["Time until the host has the counts.", "", "| cloud | kernel | voxels | pairs | part | ms |"]
        lines += ["|---|---|---:|---:|---|---:|"]
        for one in self.buildings:
            lines += [
                f"| {one['cloud']} | {one['kernel']} | {one['voxels']} | {one['pairs']} | {part} | {ms:.3f} |"
                for part, ms in one["ms"].items()
            ]
        lines += ["", "## Layers", "", "Share: of the rate of the large matrix product of the type.", ""]
        lines += ["| cloud | kernel | channels | type | pass | ms | TFLOP/s | share | PyTorch ms | times | error |"]
        lines += ["|---|---|---:|---|---|---:|---:|---:|---:|---:|---:|"]
        for one in self.layers:
            share, times = one["tflops"] / self.rates[one["type"]], one["pytorch_ms"] / one["ms"]
            lines.append(
                f"| {one['cloud']} | {one['kernel']} | {one['channels']} | {one['type']} | {one['pass']} "
                f"| {one['ms']:.3f} | {one['tflops']:.1f} | {share:.0%} | {one['pytorch_ms']:.3f} | {times:.1f} "
                f"| {one['error']:.1e} |"
            )
        return "\n".join(lines) + "\n"


def measure_layer(layer, pass_name, repeats):
    result, run = layer.run(pass_name)
    result.fill_(float("nan"))
    run()
    error = error_of(result, layer.pytorch(pass_name))
    ms = median_ms(layer.torch, run, repeats)
    pytorch_ms = median_ms(layer.torch, lambda: layer.pytorch(pass_name), max(3, repeats // 4))
    tflops = 2 * layer.site.pairs * layer.channels**2 / ms / 1e9
    return {"ms": ms, "tflops": tflops, "pytorch_ms": pytorch_ms, "error": error}


def measure_cloud(torch, library, report, coordinates, cloud, device, arguments):
    for kernel in arguments.kernels:
        site = Site(torch, library, coordinates, KERNELS[kernel], device)
        about = {"cloud": cloud, "kernel": kernel, "voxels": site.fine_rows, "pairs": site.pairs}
        report.add_building({**about, "ms": site.building(arguments.repeats)})
        for channels in arguments.channels:
            for type_name in arguments.types:
                allow_tf32(torch, library, type_name)
                layer = Layer(site, channels, type_name)
                for pass_name in PASSES:
                    numbers = measure_layer(layer, pass_name, arguments.repeats)
                    report.add_layer({**about, "channels": channels, "type": type_name, "pass": pass_name, **numbers})
                del layer
        torch.cuda.synchronize()
        site.destroy()


def parse(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument(
        "--library", type=pathlib.Path, default=root / "artifacts/cmake/release/native/libsparseconv.so"
    )
    parser.add_argument("--data", type=pathlib.Path, default=os.environ.get("SPARSECONV_DATA"))
    parser.add_argument("--output", type=pathlib.Path, default=root / "docs/benchmarks", help="folder of the tables")
    parser.add_argument("--device", type=int, default=0)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--side", type=int, default=8192, help="of the large matrices")
    parser.add_argument("--clouds", nargs="+", choices=[one[0] for one in CLOUDS], default=[one[0] for one in CLOUDS])
    parser.add_argument("--kernels", nargs="+", choices=list(KERNELS), default=list(KERNELS))
    parser.add_argument("--channels", nargs="+", type=int, default=[32, 64, 96, 128, 256])
    parser.add_argument("--types", nargs="+", choices=TYPES, default=list(TYPES))
    arguments = parser.parse_args(words)
    if arguments.data is None:
        parser.error("say where the clouds are by --data or SPARSECONV_DATA")
    return arguments


def main(words):
    arguments = parse(words)
    import numpy
    import torch

    if not torch.cuda.is_available():
        raise SystemExit("PyTorch finds no CUDA device")
    device = torch.device("cuda", arguments.device)
    torch.cuda.set_device(device)
    library = Library(arguments.library)
    gpu = torch.cuda.get_device_name(device)
    report = Report(gpu, ceilings(torch, library, device, arguments.repeats, arguments.side))
    for cloud, file, columns, voxel in CLOUDS:
        if cloud not in arguments.clouds:
            continue
        coordinates = torch.from_numpy(read_cloud(numpy, arguments.data, file, columns, voxel)).to(device)
        measure_cloud(torch, library, report, coordinates, cloud, device, arguments)
    folder = arguments.output / re.sub(r"[^a-z0-9]+", "-", gpu.lower()).strip("-")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "convolution.md").write_text(report.markdown(), encoding="utf-8")
    for line in report.wrong():
        print(f"error {line['error']:.1e} at {line}", file=sys.stderr)
    return 1 if report.wrong() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
