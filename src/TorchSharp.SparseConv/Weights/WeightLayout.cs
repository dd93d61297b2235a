using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// How a library stores the weight of one convolution: the order of its axes and of its taps. Each value turns such a
/// weight into ours, [taps, in / groups, out] with the taps row-major (last axis fastest), and back; the spatial axes
/// follow the coordinate columns on both sides. A kernel shape or groups that the library does not have are refused.
/// </summary>
public sealed class WeightLayout
{
    private readonly Form _form;
    private readonly TapOrder _order;
    private readonly GroupSupport _groups;

    private WeightLayout(
        string name,
        Form form,
        TapOrder order = TapOrder.LastAxisFastest,
        string parameter = "weight",
        GroupSupport groups = GroupSupport.None
    )
    {
        Name = name;
        ParameterName = parameter;
        _form = form;
        _order = order;
        _groups = groups;
    }

    private enum Form
    {
        TapsInOut,
        TapsInOutOrInOut,
        TapsInOutOrGroupInOut,
        TapsGroupInOut,
        KernelInOut,
        OutKernelIn,
        OutInKernel,
        InOutKernel,
        OutIn,
    }

    private enum TapOrder
    {
        LastAxisFastest,
        FirstAxisFastest,
        FirstAxisFastestWhereOdd,
    }

    private enum GroupSupport
    {
        None,
        Depthwise,
        Any,
    }

    /// <summary>This library's own: weight [taps, in / groups, out], of any kernel shape.</summary>
    public static WeightLayout Native { get; } = new("TorchSharp.SparseConv", Form.TapsInOut, groups: GroupSupport.Any);

    /// <summary>spconv 1.x: weight [k0, k1, .., in, out].</summary>
    public static WeightLayout SpConv1 { get; } = new("spconv 1.x", Form.KernelInOut);

    /// <summary>
    /// spconv 2.x: weight [out, k0, k1, .., in]; where the kernel has one tap, the same shape over memory that spconv
    /// reads as [in, out].
    /// </summary>
    public static WeightLayout SpConv2 { get; } = new("spconv 2.x", Form.OutKernelIn);

    /// <summary>
    /// MinkowskiEngine: kernel [taps, in, out], first axis fastest, or [in, out] for one tap and stride 1; bias [1,
    /// out]; batch norms under the name bn. A cross of odd size has its centre first, then on each axis the cells after
    /// it and those before it, from the nearest after to the nearest before. A depthwise kernel is [taps, channels].
    /// </summary>
    public static WeightLayout MinkowskiEngine { get; } =
        new("MinkowskiEngine", Form.TapsInOutOrInOut, TapOrder.FirstAxisFastest, "kernel", GroupSupport.Depthwise);

    /// <summary>
    /// TorchSparse, up to 2.0 and 2.1 alike: kernel [taps, in, out], first axis fastest where the number of taps is odd
    /// and last axis fastest where it is even, or [in, out] for one tap and stride 1.
    /// </summary>
    public static WeightLayout TorchSparse { get; } =
        new("TorchSparse", Form.TapsInOutOrInOut, TapOrder.FirstAxisFastestWhereOdd, "kernel");

    /// <summary>SparseConvNet: weight [taps, groups, in / groups, out / groups].</summary>
    public static WeightLayout SparseConvNet { get; } =
        new("SparseConvNet", Form.TapsGroupInOut, groups: GroupSupport.Any);

    /// <summary>
    /// WarpConvNet: weight [taps, in, out], or [taps, groups, in / groups, out / groups] in 2 groups or more.
    /// </summary>
    public static WeightLayout WarpConvNet { get; } =
        new("WarpConvNet", Form.TapsInOutOrGroupInOut, groups: GroupSupport.Any);

    /// <summary>
    /// PyTorch's Conv1d to Conv3d: weight [out, in / groups, k0, k1, ..]; for a model, transposed layers as
    /// DenseTranspose.
    /// </summary>
    public static WeightLayout Dense { get; } = new("dense PyTorch", Form.OutInKernel, groups: GroupSupport.Any);

    /// <summary>PyTorch's ConvTranspose1d to ConvTranspose3d: weight [in, out / groups, k0, k1, ..].</summary>
    public static WeightLayout DenseTranspose { get; } =
        new("dense PyTorch, transposed", Form.InOutKernel, groups: GroupSupport.Any);

    /// <summary>torch.nn.Linear: weight [out, in], for kernels of one tap.</summary>
    internal static WeightLayout Linear { get; } = new("torch.nn.Linear", Form.OutIn);

    /// <summary>All layouts.</summary>
    public static IReadOnlyList<WeightLayout> All { get; } =
    [Native, SpConv1, SpConv2, MinkowskiEngine, TorchSparse, SparseConvNet, WarpConvNet, Dense, DenseTranspose];

    /// <summary>The library's name.</summary>
    public string Name { get; }

    /// <summary>What the library calls the parameter: weight or kernel.</summary>
    public string ParameterName { get; }

    internal bool HasBiasRow => this == MinkowskiEngine;

    internal bool WrapsNorms => this == MinkowskiEngine;

    /// <summary>
    /// The shape that the library gives a weight of this kernel. Throws ArgumentException where it has no such kernel
    /// or groups.
    /// </summary>
    public long[] Shape(KernelGeometry geometry, long in_channels, long out_channels, long groups = 1)
    {
        SparseConvolution.RequireGroups(groups, in_channels, out_channels);
        Require(geometry, groups, in_channels == groups && out_channels == groups);
        return Axes(
            geometry,
            groups,
            number => number,
            in_channels,
            out_channels,
            in_channels / groups,
            out_channels / groups
        );
    }

    /// <summary>
    /// A weight [taps, in / groups, out] as the library stores it, contiguous and in memory of its own. Throws
    /// ArgumentException for another shape, and where the library has no such kernel or groups.
    /// </summary>
    public torch.Tensor To(torch.Tensor weight, KernelGeometry geometry, long groups = 1)
    {
        ArgumentNullException.ThrowIfNull(weight);
        var shape = weight.shape;
        if (shape.Length != 3 || shape[0] != geometry.Taps)
        {
            throw new ArgumentException(
                $"weight has shape {Shapes.Text(shape)}, must be [{geometry.Taps}, {PerGroup("in", groups)}, out].",
                nameof(weight)
            );
        }

        var (taps, input, output) = (shape[0], shape[1], shape[2]);
        var theirs = Shape(geometry, checked(input * groups), output, groups);
        using var scope = torch.NewDisposeScope();
        var source = weight.detach();
        if (Order(geometry) is { } order)
        {
            source = source.index_select(0, torch.tensor(order, device: source.device));
        }

        var ordered = _form switch
        {
            Form.OutKernelIn when taps > 1 => source.permute(2, 0, 1),
            Form.OutInKernel or Form.OutIn => source.permute(2, 1, 0),
            Form.InOutKernel => source.reshape(taps, input, groups, output / groups).permute(2, 1, 3, 0),
            Form.TapsGroupInOut or Form.TapsInOutOrGroupInOut => source
                .reshape(taps, input, groups, output / groups)
                .permute(0, 2, 1, 3),
            _ => source,
        };
        return ordered.contiguous().reshape(theirs).clone().MoveToOuterDisposeScope();
    }

    /// <summary>
    /// A weight of the library as ours, [taps, in / groups, out], contiguous and in memory of its own. Throws
    /// ArgumentException for a shape that the library does not give to this kernel, and where it has no such kernel or
    /// groups.
    /// </summary>
    public torch.Tensor From(torch.Tensor weight, KernelGeometry geometry, long groups = 1)
    {
        ArgumentNullException.ThrowIfNull(weight);
        var (input, output) = Channels(weight, geometry, groups);
        using var scope = torch.NewDisposeScope();
        long taps = geometry.Taps;
        var source = weight.detach().contiguous();
        var ordered = _form switch
        {
            Form.OutKernelIn when taps > 1 => source.reshape(output, taps, input).permute(1, 2, 0),
            Form.OutInKernel or Form.OutIn => source.reshape(output, input, taps).permute(2, 1, 0),
            Form.InOutKernel => source.reshape(groups, input, output / groups, taps).permute(3, 1, 0, 2),
            Form.TapsGroupInOut or Form.TapsInOutOrGroupInOut => source
                .reshape(taps, groups, input, output / groups)
                .permute(0, 2, 1, 3),
            _ => source,
        };
        var ours = ordered.reshape(taps, input, output);
        if (Order(geometry) is { } order)
        {
            ours = ours.index_select(0, torch.tensor(TapOrders.Inverse(order), device: source.device));
        }

        return ours.contiguous().clone().MoveToOuterDisposeScope();
    }

    /// <summary>The library's name.</summary>
    public override string ToString() => Name;

    /// <summary>The layout of one layer of a model in this layout.</summary>
    internal WeightLayout Of(SparseConvolution layer) =>
        this == Dense && (layer is SparseConvTransposeNd or SparseInverseConvNd) ? DenseTranspose : this;

    private static bool IsBox(KernelGeometry geometry) => geometry.Shape == KernelShape.Box(geometry.Size);

    private static bool IsCross(KernelGeometry geometry) => geometry.Shape == KernelShape.Cross(geometry.Size);

    private static bool IsPointwise(KernelGeometry geometry) =>
        geometry.Taps == 1 && geometry.Stride.All(stride => stride == 1);

    private static string PerGroup(string channels, long groups) => groups == 1 ? channels : $"{channels} / {groups}";

    /// <summary>The axes of a weight in numbers, or in words.</summary>
    private T[] Axes<T>(
        KernelGeometry geometry,
        long groups,
        Func<long, T> number,
        T input,
        T output,
        T inputPerGroup,
        T outputPerGroup
    )
    {
        T[] kernel = [.. geometry.Size.Select(size => number(size))];
        var taps = number(geometry.Taps);
        return _form switch
        {
            Form.TapsInOutOrInOut when groups > 1 => [taps, output],
            Form.TapsInOutOrInOut when IsPointwise(geometry) => [input, output],
            Form.TapsGroupInOut => [taps, number(groups), inputPerGroup, outputPerGroup],
            Form.TapsInOutOrGroupInOut when groups > 1 => [taps, number(groups), inputPerGroup, outputPerGroup],
            Form.KernelInOut => [.. kernel, input, output],
            Form.OutKernelIn => [output, .. kernel, input],
            Form.OutInKernel => [output, inputPerGroup, .. kernel],
            Form.InOutKernel => [input, outputPerGroup, .. kernel],
            Form.OutIn => [output, input],
            _ => [taps, inputPerGroup, output],
        };
    }

    /// <summary>For each tap of the library ours, or null where the order is the same.</summary>
    private long[]? Order(KernelGeometry geometry) =>
        _order switch
        {
            TapOrder.FirstAxisFastest when IsCross(geometry) => TapOrders.MinkowskiCross(geometry.Shape),
            TapOrder.FirstAxisFastest => TapOrders.FirstAxisFastest(geometry.Size),
            TapOrder.FirstAxisFastestWhereOdd when int.IsOddInteger(geometry.Taps) => TapOrders.FirstAxisFastest(
                geometry.Size
            ),
            _ => null,
        };

    private void Require(KernelGeometry geometry, long groups, bool depthwise)
    {
        var crosses = this == MinkowskiEngine;
        var odd = geometry.Size.All(size => int.IsOddInteger(size));
        if (this != Native && !IsBox(geometry) && !(crosses && odd && IsCross(geometry)))
        {
            throw new ArgumentException(
                $"geometry has the kernel {geometry.Shape}, must be a box{(crosses ? " or a cross of odd size" : "")} in {Name}.",
                nameof(geometry)
            );
        }

        if (groups > 1 && _groups != GroupSupport.Any && !(_groups == GroupSupport.Depthwise && depthwise))
        {
            throw new ArgumentException(
                $"groups is {groups}, must be 1 in {Name}"
                    + (_groups == GroupSupport.Depthwise ? ", or one for each input and output channel." : "."),
                nameof(groups)
            );
        }
    }

    private (long Input, long Output) Channels(torch.Tensor weight, KernelGeometry geometry, long groups)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(groups);
        var shape = weight.shape;
        var last = shape.Length - 1;
        if (last >= 1)
        {
            // Input channels of one group, and all output channels.
            var (input, output) = _form switch
            {
                Form.OutKernelIn => (shape[last], shape[0]),
                Form.OutInKernel or Form.OutIn => (shape[1], shape[0]),
                Form.InOutKernel => (shape[0] / groups, shape[1] * groups),
                Form.TapsGroupInOut => (shape[last - 1], shape[last] * groups),
                Form.TapsInOutOrGroupInOut when groups > 1 => (shape[last - 1], shape[last] * groups),
                Form.TapsInOutOrInOut when groups > 1 => (1, shape[last]),
                _ => (shape[last - 1], shape[last]),
            };
            Require(geometry, groups, input == 1 && output == groups);
            if (
                input > 0
                && output % groups == 0
                && shape.AsSpan().SequenceEqual(Shape(geometry, input * groups, output, groups))
            )
            {
                return (input, output);
            }
        }

        var wanted = Axes(
            geometry,
            groups,
            number => $"{number}",
            "in",
            "out",
            PerGroup("in", groups),
            PerGroup("out", groups)
        );
        throw new ArgumentException(
            $"weight has shape {Shapes.Text(shape)}, must be [{string.Join(", ", wanted)}] in {Name} for a kernel {geometry.Shape}.",
            nameof(weight)
        );
    }
}

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
