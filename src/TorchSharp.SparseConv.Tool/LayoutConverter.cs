using TorchSharp.SparseConv.CommandLine;

namespace TorchSharp.SparseConv.Tool;

/// <summary>
/// Converts the kernels of a file from the layout of one library to that of another, by names and shapes alone. A
/// tensor is a kernel if it has the parameter name and the number of axes of the layout. If the shape gives only the
/// number of taps, the kernel is taken for a cube.
/// </summary>
internal sealed class LayoutConverter(WeightLayout from, WeightLayout to, int dimensions)
{
    private const string NormName = "bn";
    private readonly List<string> _kernels = [];

    public IReadOnlyList<string> Kernels => _kernels;

    /// <summary>
    /// Returns the tensors with the names and shapes of the other layout. Tensors that are not part of it stay as they
    /// are.
    /// </summary>
    public List<KeyValuePair<string, torch.Tensor>> Convert(IReadOnlyDictionary<string, torch.Tensor> tensors)
    {
        var result = new List<KeyValuePair<string, torch.Tensor>>();
        foreach (var (name, tensor) in tensors)
        {
            var (owner, last) = Split(name);
            var parent = Split(owner);
            if (Geometry(name, last, tensor.shape) is { } geometry)
            {
                _kernels.Add(name);
                result.Add(new(Join(owner, to.ParameterName), Turned(name, tensor, geometry)));
            }
            else if (
                last is "bias"
                && tensors.ContainsKey(Join(owner, from.ParameterName))
                && IsKernelOf(owner, tensors)
            )
            {
                result.Add(new(name, to == WeightLayout.MinkowskiEngine ? tensor.reshape(1, -1) : tensor.reshape(-1)));
            }
            else if (from == WeightLayout.MinkowskiEngine && parent.Last is NormName)
            {
                result.Add(new(Join(to == from ? owner : parent.Owner, last), tensor));
            }
            else if (to == WeightLayout.MinkowskiEngine && from != to && IsNorm(owner, tensors))
            {
                result.Add(new(Join(Join(owner, NormName), last), tensor));
            }
            else
            {
                result.Add(new(name, tensor));
            }
        }
        return result;
    }

    private bool IsKernelOf(string owner, IReadOnlyDictionary<string, torch.Tensor> tensors)
    {
        var name = Join(owner, from.ParameterName);
        return Geometry(name, from.ParameterName, tensors[name].shape) is not null;
    }

    private static bool IsNorm(string owner, IReadOnlyDictionary<string, torch.Tensor> tensors) =>
        tensors.ContainsKey(Join(owner, "running_mean"));

    private torch.Tensor Turned(string name, torch.Tensor tensor, KernelGeometry geometry)
    {
        try
        {
            using var ours = from.From(tensor, geometry);
            return to.To(ours, geometry);
        }
        catch (ArgumentException error)
        {
            throw new InvalidDataException($"{name}: {error.Message}", error);
        }
    }

    // Returns the geometry of the kernel that the tensor holds, or null if it is not a kernel.
    private KernelGeometry? Geometry(string name, string last, long[] shape)
    {
        if (!string.Equals(last, from.ParameterName, StringComparison.Ordinal))
        {
            return null;
        }
        var isArranged = from == WeightLayout.SpConv1 || from == WeightLayout.SpConv2 || IsDense;
        var axes =
            isArranged ? dimensions + 2
            : from == WeightLayout.SparseConvNet ? 4
            : 3;
        // A kernel with one tap and stride 1 is a matrix.
        if (shape.Length == 2 && string.Equals(from.ParameterName, "kernel", StringComparison.Ordinal))
        {
            return KernelGeometry.Create(dimensions, 1);
        }
        if (shape.Length != axes)
        {
            return null;
        }
        var first =
            from == WeightLayout.SpConv2 ? 1
            : IsDense ? 2
            : 0;
        return isArranged
            ? KernelGeometry.Create(
                dimensions,
                new PerAxis([.. shape.AsSpan(first, dimensions).ToArray().Select(size => checked((int)size))])
            )
            : KernelGeometry.Create(dimensions, CubeSide(name, shape[0]));
    }

    private bool IsDense => from == WeightLayout.Dense || from == WeightLayout.DenseTranspose;

    private int CubeSide(string name, long taps)
    {
        var side = (int)Math.Round(Math.Pow(taps, 1.0 / dimensions));
        return (long)Math.Pow(side, dimensions) == taps
            ? side
            : throw new InvalidDataException($"{name} has {taps} taps, which are no cube over {dimensions} axes");
    }

    private static (string Owner, string Last) Split(string name)
    {
        var dot = name.LastIndexOf('.');
        return dot < 0 ? ("", name) : (name[..dot], name[(dot + 1)..]);
    }

    private static string Join(string owner, string last) => owner.Length == 0 ? last : $"{owner}.{last}";
}

/// <summary>The layouts of weights by their names on the command line.</summary>
internal static class Layouts
{
    private static readonly (string Name, WeightLayout Layout)[] Known =
    [
        (nameof(WeightLayout.Native), WeightLayout.Native),
        (nameof(WeightLayout.SpConv1), WeightLayout.SpConv1),
        (nameof(WeightLayout.SpConv2), WeightLayout.SpConv2),
        (nameof(WeightLayout.MinkowskiEngine), WeightLayout.MinkowskiEngine),
        (nameof(WeightLayout.TorchSparse), WeightLayout.TorchSparse),
        (nameof(WeightLayout.SparseConvNet), WeightLayout.SparseConvNet),
        (nameof(WeightLayout.WarpConvNet), WeightLayout.WarpConvNet),
        (nameof(WeightLayout.Dense), WeightLayout.Dense),
        (nameof(WeightLayout.DenseTranspose), WeightLayout.DenseTranspose),
    ];

    public static string Names { get; } = string.Join(", ", Known.Select(entry => entry.Name));

    public static string NameOf(WeightLayout layout) => Array.Find(Known, entry => entry.Layout == layout).Name;

    public static WeightLayout Of(string name) =>
        Array.Find(Known, entry => string.Equals(entry.Name, name, StringComparison.OrdinalIgnoreCase)).Layout
        ?? throw new UsageException($"--layout is {name}, must be one of {Names}");
}
