using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// One tensor of a module's state_dict and what another library calls it, with the way between the two.
/// </summary>
internal sealed class LayoutEntry
{
    private readonly WeightLayout? _layout;
    private readonly KernelGeometry _geometry;
    private readonly long _groups;

    private LayoutEntry(string name, torch.Tensor tensor)
    {
        Name = name;
        TheirName = name;
        Tensor = tensor;
        TheirShape = tensor.shape;
    }

    private LayoutEntry(string name, torch.Tensor tensor, SparseConvolution layer, WeightLayout layout)
        : this(name, tensor)
    {
        _layout = layout;
        _geometry = layer.Geometry;
        _groups = layer.groups;
        TheirShape = Shape(name, layer, layout);
    }

    internal string Name { get; }

    internal string TheirName { get; private set; }

    internal torch.Tensor Tensor { get; }

    internal long[] TheirShape { get; private init; }

    internal static List<LayoutEntry> Of(torch.nn.Module module, WeightLayout layout)
    {
        var owners = module
            .named_modules()
            .ToDictionary(entry => entry.name, entry => entry.module, StringComparer.Ordinal);
        owners[""] = module;
        return [.. module.state_dict().Select(entry => Of(entry.Key, entry.Value, owners, layout))];
    }

    /// <summary>As Of, with the modules' own names, to the last dot, and the last layer's layout given.</summary>
    internal static List<LayoutEntry> Of(
        torch.nn.Module module,
        WeightLayout layout,
        IReadOnlyDictionary<string, string> names,
        string finalName,
        WeightLayout finalLayout
    )
    {
        var owners = module
            .named_modules()
            .ToDictionary(entry => entry.name, entry => entry.module, StringComparer.Ordinal);
        var entries = new List<LayoutEntry>();
        foreach (var (name, tensor) in module.state_dict())
        {
            var dot = name.LastIndexOf('.');
            var (owner, last) = (name[..dot], name[(dot + 1)..]);
            var used = string.Equals(owner, finalName, StringComparison.Ordinal) ? finalLayout : layout;
            var entry = Of(name, tensor, owners, used);
            var parameter = owners[owner] is SparseConvolution && last is "weight" ? used.ParameterName : last;
            entries.Add(entry.Renamed($"{names[owner]}.{parameter}"));
        }

        return entries;
    }

    private LayoutEntry Renamed(string name)
    {
        TheirName = name;
        return this;
    }

    internal torch.Tensor ToTheirs() =>
        _layout is null ? Tensor.detach().reshape(TheirShape) : _layout.To(Tensor, _geometry, _groups);

    internal torch.Tensor ToOurs(torch.Tensor theirs) =>
        _layout is null ? theirs.reshape(Tensor.shape) : _layout.From(theirs, _geometry, _groups);

    private static long[] Shape(string name, SparseConvolution layer, WeightLayout layout)
    {
        try
        {
            return layout.Shape(layer.Geometry, layer.in_channels, layer.out_channels, layer.groups);
        }
        catch (ArgumentException refused)
        {
            throw new ArgumentException(
                $"{layout} has no place for {name}: {refused.Message}",
                nameof(layout),
                refused
            );
        }
    }

    private static LayoutEntry Of(
        string name,
        torch.Tensor tensor,
        Dictionary<string, torch.nn.Module> owners,
        WeightLayout layout
    )
    {
        var dot = name.LastIndexOf('.');
        var (prefix, last) = (name[..(dot + 1)], name[(dot + 1)..]);
        return owners.GetValueOrDefault(name[..Math.Max(dot, 0)]) switch
        {
            SparseConvolution layer when last is "weight" => new LayoutEntry(name, tensor, layer, layout.Of(layer))
            {
                TheirName = prefix + layout.ParameterName,
            },
            SparseConvolution layer when layout.HasBiasRow => new LayoutEntry(name, tensor)
            {
                TheirShape = [1, layer.out_channels],
            },
            Modules.BatchNorm1d or SparseBatchNorm when layout.WrapsNorms => new LayoutEntry(name, tensor)
            {
                TheirName = $"{prefix}bn.{last}",
            },
            _ => new LayoutEntry(name, tensor),
        };
    }
}
