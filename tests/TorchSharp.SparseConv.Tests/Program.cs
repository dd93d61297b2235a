using TorchSharp.SparseConv.Core;
using static TorchSharp.torch;

namespace TorchSharp.SparseConv.Tests;

/// <summary>This assembly as a program: uses engine and torch in one order, then lists the OpenMP runtimes it has loaded.</summary>
internal static class Program
{
    internal static readonly string[] Orders = ["runtime", "manager", "module", "tensor"];

    internal static void Main(string[] arguments)
    {
        switch (arguments.Single())
        {
            case "runtime":
                _ = SparseConvRuntime.Threads;
                break;
            case "manager":
                new CoordinateManager(3).Dispose();
                break;
            case "module":
                nn.ReLU().Dispose();
                break;
            default:
                rand(3).Dispose();
                break;
        }

        using var scope = NewDisposeScope();
        using var layer = nn.SubMConv3d(1, 1, kernel_size: 3);
        layer.call(new SparseTensor(ones(1, 1), zeros(1, 4, ScalarType.Int32)));
        var mapped = File.ReadLines("/proc/self/maps").Select(line => line[(line.LastIndexOf('/') + 1)..]);
        foreach (var library in mapped.Distinct(StringComparer.Ordinal))
        {
            Console.WriteLine(library);
        }
    }
}
