using TorchSharp.Modules;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// Writes down the layers that run on this thread while it lives. Layers with a rulebook tell it themselves, since
/// their calls with sites pass by hooks; the others, those without children, are hooked.
/// </summary>
internal sealed class SummaryTrace : IDisposable
{
    [ThreadStatic]
    private static SummaryTrace? _current;

    private readonly SummaryTrace? _outer = _current;
    private readonly Dictionary<torch.nn.Module, string> _paths = [];
    private readonly HashSet<torch.nn.Module> _counted = [];
    private readonly HashSet<Rulebook> _rulebooks = [];
    private readonly List<SummaryRow> _rows = [];
    private readonly List<Action> _unhook = [];
    private readonly long[] _reach;
    private CoordinateMap _level;

    internal SummaryTrace(torch.nn.Module model, CoordinateMap level)
    {
        _level = level;
        _reach = new long[level.Manager.Dimensions];
        Walk("", model);
        _current = this;
    }

    /// <summary>A call of a layer with a rulebook; nothing where no summary is being made.</summary>
    internal static void Note(
        torch.nn.Module layer,
        Rulebook rulebook,
        CoordinateMap output,
        long channels,
        torch.ScalarType type,
        long productsPerPair
    ) => _current?.Add(layer, rulebook, output, channels, type, productsPerPair);

    /// <summary>
    /// How far an output's value reaches along each axis, in voxels of stride 1: what the kernels of all calls reach,
    /// added up. Null where a module may read more of a scan than its kernel: those that are not known to read each row
    /// by itself.
    /// </summary>
    internal IReadOnlyList<long>? Reach => _paths.Keys.All(IsLocal) ? _reach : null;

    /// <summary>The rows, and then those of modules with parameters of their own that were not called.</summary>
    internal IReadOnlyList<SummaryRow> Finish()
    {
        foreach (var (module, path) in _paths)
        {
            if (Parameters(module) is > 0 and var parameters)
            {
                _rows.Add(
                    new SummaryRow
                    {
                        Path = path,
                        Kind = module.GetType().Name,
                        Parameters = parameters,
                    }
                );
            }
        }

        return _rows;
    }

    public void Dispose()
    {
        _current = _outer;
        foreach (var unhook in _unhook)
        {
            unhook();
        }
    }

    private void Walk(string path, torch.nn.Module module)
    {
        if (!_paths.TryAdd(module, path))
        {
            return;
        }

        var children = module.named_children().ToArray();
        if (children.Length == 0 && module is not (SparseConvolution or SparsePoolNd or SparseUpsample))
        {
            Hook(module);
        }

        foreach (var (name, child) in children)
        {
            Walk(path.Length == 0 ? name : $"{path}.{name}", child);
        }
    }

    private void Hook(torch.nn.Module module)
    {
        switch (module)
        {
            case torch.nn.Module<SparseTensor, SparseTensor> layer:
                _unhook.Add(layer.register_forward_hook((_, _, output) => Add(layer, output)).remove);
                break;
            case torch.nn.Module<SparseTensor, torch.Tensor> layer:
                _unhook.Add(layer.register_forward_hook((_, _, output) => Add(layer, output)).remove);
                break;
            case torch.nn.Module<torch.Tensor, torch.Tensor> layer:
                _unhook.Add(layer.register_forward_hook((_, _, output) => Add(layer, output)).remove);
                break;
            case torch.nn.Module<SparseTensor, torch.Tensor, SparseTensor> layer:
                _unhook.Add(layer.register_forward_hook((_, _, _, output) => Add(layer, output)).remove);
                break;
            case torch.nn.Module<SparseTensor, MaxPoolRows, SparseTensor> layer:
                _unhook.Add(layer.register_forward_hook((_, _, _, output) => Add(layer, output)).remove);
                break;
        }
    }

    private SparseTensor Add(torch.nn.Module layer, SparseTensor output)
    {
        _level = output.map;
        Add(layer, output.features, _level.Stride);
        return output;
    }

    // A matrix with as many rows as the latest level has voxels holds that level's features.
    private torch.Tensor Add(torch.nn.Module layer, torch.Tensor output)
    {
        Add(layer, output, output.shape.FirstOrDefault(-1) == _level.Rows ? _level.Stride : null);
        return output;
    }

    private void Add(torch.nn.Module layer, torch.Tensor output, PerAxis? stride) =>
        _rows.Add(
            new SummaryRow
            {
                Path = _paths.GetValueOrDefault(layer, ""),
                Kind = layer.GetType().Name,
                Stride = stride,
                Sites = output.shape.FirstOrDefault(),
                Channels = output.ndim > 1 ? output.shape[1] : 1,
                Parameters = Parameters(layer),
                MultiplyAdds = layer switch
                {
                    Linear linear => output.NumberOfElements * linear.weight.shape[1],
                    SparseNorm or NormBase or LayerNorm or GroupNorm => output.NumberOfElements,
                    _ => 0,
                },
                FeatureBytes = output.NumberOfElements * output.ElementSize,
            }
        );

    private void Add(
        torch.nn.Module layer,
        Rulebook rulebook,
        CoordinateMap output,
        long channels,
        torch.ScalarType type,
        long productsPerPair
    )
    {
        _level = output;
        for (var axis = 0; axis < _reach.Length; axis++)
        {
            var offsets = Enumerable.Range(0, rulebook.Taps).Select(tap => rulebook.Geometry.TapOffset(tap)[axis]);
            _reach[axis] += offsets.Max(Math.Abs) * (long)rulebook.Fine.Stride[axis];
        }

        _rows.Add(
            new SummaryRow
            {
                Path = _paths.GetValueOrDefault(layer, ""),
                Kind = layer.GetType().Name,
                Kernel = SummaryTable.Kernel(rulebook.Geometry),
                Stride = output.Stride,
                Sites = output.Rows,
                Channels = channels,
                Pairs = rulebook.Pairs,
                Parameters = Parameters(layer),
                MultiplyAdds = rulebook.Pairs * productsPerPair,
                FeatureBytes = output.Rows * channels * Bytes(type),
                RulebookBytes = _rulebooks.Add(rulebook) ? rulebook.Bytes : 0,
            }
        );
    }

    // A module with children is trusted to do nothing but call them, but for those of this library that do more.
    private static bool IsLocal(torch.nn.Module module) =>
        module switch
        {
            SparseConvolution or SparsePoolNd or SparseUpsample => true,
            _ when BatchNormState.Of(module) is { } norm => norm is { Mean: not null, Variance: not null },
            SparseLayerNorm or LayerNorm or Linear or Identity or Dropout => true,
            ReLU or ReLU6 or LeakyReLU or PReLU or ELU or GELU or SiLU or Mish or Hardswish or Sigmoid or Tanh => true,
            SparseSqueezeExcitation or SPVCNN or PointVoxelBlock or SparsePruningHead => false,
            _ => module.named_children().Any(),
        };

    private long Parameters(torch.nn.Module module) =>
        _counted.Add(module) ? module.named_parameters(recurse: false).Sum(one => one.parameter.NumberOfElements) : 0;

    private static long Bytes(torch.ScalarType type) =>
        type == torch.ScalarType.Float64 ? sizeof(double)
        : Precision.IsHalf(type) ? sizeof(short)
        : sizeof(float);
}
