using TorchSharp.Modules;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// What every sparse convolution shares: a weight [taps, in / groups, out] (taps row-major over the kernel, last axis
/// fastest, or as a list of offsets orders them), a bias [out], and output sites that are the layer's own, another
/// tensor's, or given coordinates. Features are Float32, Float64, BFloat16 or Float16, and the result has their type;
/// weight and bias have it too, or are Float32 beside 16-bit features, where the weight is rounded for the call and
/// gets its gradient in Float32.
/// </summary>
public abstract class SparseConvolution : torch.nn.Module<SparseTensor, SparseTensor>
{
    private const string WeightName = "weight";
    private const string BiasName = "bias";

    private protected SparseConvolution(
        string name,
        long in_channels,
        long out_channels,
        KernelGeometry geometry,
        long groups,
        bool bias,
        torch.Device? device,
        torch.ScalarType? dtype
    )
        : base(name)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(in_channels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(out_channels);
        RequireGroups(groups, in_channels, out_channels);
        var type = dtype ?? torch.get_default_dtype();
        TensorMemory.Element(type, nameof(dtype));
        this.in_channels = in_channels;
        this.out_channels = out_channels;
        this.groups = groups;
        Geometry = geometry;
        var on = device ?? torch.CPU;
        weight = new Parameter(torch.empty(new[] { geometry.Taps, in_channels / groups, out_channels }, type, on));
        if (bias)
        {
            this.bias = new Parameter(torch.empty(new[] { out_channels }, type, on));
        }
    }

    /// <summary>The number of input channels.</summary>
    public long in_channels { get; }

    /// <summary>The number of output channels.</summary>
    public long out_channels { get; }

    /// <summary>
    /// The number of groups of channels, 1 or more: the output channels of a group read the input channels of the same
    /// group alone, as in PyTorch. A depthwise convolution has as many as input channels.
    /// </summary>
    public long groups { get; }

    /// <summary>
    /// Shape, stride, dilation and padding of the kernel: which fine and coarse voxels meet at which tap.
    /// </summary>
    public KernelGeometry Geometry { get; }

    /// <summary>The kernel's size on each axis: that of the box around its taps, where it is no box itself.</summary>
    public PerAxis kernel_size => Geometry.Size;

    /// <summary>The stride on each axis.</summary>
    public PerAxis stride => Geometry.Stride;

    /// <summary>The padding on each axis.</summary>
    public PerAxis padding => Geometry.Padding;

    /// <summary>The dilation on each axis.</summary>
    public PerAxis dilation => Geometry.Dilation;

    /// <summary>The kernel, [taps, in / groups, out].</summary>
    public Parameter weight
    {
        get => get_parameter(WeightName)!;
        set => Register(WeightName, value, Geometry.Taps, in_channels / groups, out_channels);
    }

    /// <summary>The bias, [out], or null where the layer has none.</summary>
    public Parameter? bias
    {
        get => has_parameter(BiasName) ? get_parameter(BiasName) : null;
        set => Register(BiasName, value ?? throw new ArgumentNullException(nameof(value)), out_channels);
    }

    private protected abstract ConvolutionDirection Direction { get; }

    /// <summary>
    /// PyTorch's fans of this layer's dense twin, whose weight is [out, in / groups, taps] or, transposed,
    /// [in, out / groups, taps]: the second axis times the taps, and the first times the taps.
    /// </summary>
    internal (double In, double Out) Fans
    {
        get
        {
            double taps = Geometry.Taps;
            return Direction == ConvolutionDirection.FineToCoarse
                ? (taps * (in_channels / groups), taps * out_channels)
                : (taps * (out_channels / groups), taps * in_channels);
        }
    }

    /// <summary>Draws weight and bias anew, uniform in +-1/sqrt(fan-in), as PyTorch's convolutions do.</summary>
    public void reset_parameters()
    {
        var bound = 1 / Math.Sqrt(Fans.In);
        using var untracked = torch.no_grad();
        foreach (var (_, parameter) in named_parameters(recurse: false))
        {
            parameter.uniform_(-bound, bound);
        }
    }

    /// <summary>The convolution read at this layer's own output sites.</summary>
    public override SparseTensor forward(SparseTensor? input)
    {
        return Convolve(input, recomputation: null);
    }

    /// <summary>
    /// The convolution read at the voxels of another sparse tensor of the same manager, whose stride must be the one
    /// that this layer gives; throws ArgumentException otherwise.
    /// </summary>
    public SparseTensor call(SparseTensor input, SparseTensor sites)
    {
        RequireInput(input);
        return Convolve(input, OutputLevel.Of(input, sites, OutputStride(input.map), GetName()), bias);
    }

    /// <summary>
    /// The convolution read at given coordinates, int32 or int64 rows (batch, d0, d1, ...) in units of the output
    /// level, which becomes a new level of the manager.
    /// </summary>
    public SparseTensor call(SparseTensor input, torch.Tensor coordinates)
    {
        RequireInput(input);
        var (stride, shape) = (OutputStride(input.map), OutputShape(input.map));
        return Convolve(input, OutputLevel.Insert(input, coordinates, stride, shape), bias);
    }

    /// <summary>Refuses groups that do not divide the channels.</summary>
    internal static void RequireGroups(long groups, long in_channels, long out_channels)
    {
        if (groups < 1 || in_channels % groups != 0 || out_channels % groups != 0)
        {
            throw new ArgumentException(
                $"groups is {groups}, must be positive and divide in_channels {in_channels} and out_channels {out_channels}.",
                nameof(groups)
            );
        }
    }

    /// <summary>The sites that this layer writes when none are given.</summary>
    private protected abstract CoordinateMap OutputSites(CoordinateMap input);

    private protected abstract PerAxis OutputStride(CoordinateMap input);

    private protected abstract PerAxis? OutputShape(CoordinateMap input);

    /// <summary>The law between the input's level and the output's.</summary>
    private protected virtual KernelGeometry Law(CoordinateMap input) => Geometry;

    /// <summary>The same for a plan that can compute the input's features again.</summary>
    internal SparseTensor Convolve(SparseTensor? input, Recomputation? recomputation)
    {
        RequireInput(input);
        return Convolve(input!, OutputSites(input!.map), bias, recomputation);
    }

    /// <summary>
    /// activation(norm(convolution) + residual) at this layer's own output sites in one pass outside of autograd, where
    /// the norm can follow this layer.
    /// </summary>
    internal SparseTensor Infer(SparseTensor input, BatchNormState? norm, torch.Tensor? residual, Activation activation)
    {
        RequireInput(input);
        if (residual is not null)
        {
            Devices.RequireSame(residual, nameof(residual), input.features, nameof(input));
        }

        using var scope = torch.NewDisposeScope();
        var (scale, shift) = norm is null ? (null, bias) : norm.ScaleAndShift(bias);
        var result = Convolve(
            input,
            OutputSites(input.map),
            shift,
            scale: scale,
            residual: residual,
            activation: activation
        );
        return result.MoveToOuterDisposeScope();
    }

    private SparseTensor Convolve(
        SparseTensor input,
        CoordinateMap sites,
        torch.Tensor? bias,
        Recomputation? recomputation = null,
        torch.Tensor? scale = null,
        torch.Tensor? residual = null,
        Activation activation = Activation.Identity
    )
    {
        var (coarse, fine) = Direction == ConvolutionDirection.FineToCoarse ? (sites, input.map) : (input.map, sites);
        var rulebook = input.manager.Rulebook(coarse, fine, Law(input.map));
        var products = in_channels / groups * out_channels;
        SummaryTrace.Note(this, rulebook, sites, out_channels, input.features.dtype, products);
        var operation = new ConvolutionOp(
            rulebook,
            Direction,
            groups,
            input.features,
            weight,
            bias,
            recomputation,
            scale,
            residual,
            activation
        );
        return new SparseTensor(operation.Run(), sites, input.batch_size);
    }

    private void RequireInput(SparseTensor? input)
    {
        OutputLevel.RequireDimensions(input, Geometry.Dimensions, GetName());
        if (input!.channels != in_channels)
        {
            throw new ArgumentException(
                $"input has {input.channels} channels, {GetName()} takes {in_channels}.",
                nameof(input)
            );
        }

        var kernel = weight;
        Devices.RequireSame(input.features, nameof(input), kernel, $"the weight of {GetName()}");
        if (bias is { } offset)
        {
            Devices.RequireSame(input.features, nameof(input), offset, $"the bias of {GetName()}");
        }

        var type = input.features.dtype;
        var mixed = type is torch.ScalarType.BFloat16 or torch.ScalarType.Float16;
        if (kernel.dtype != type && !(mixed && kernel.dtype == torch.ScalarType.Float32))
        {
            throw new ArgumentException(
                $"input is {type} and the weight {kernel.dtype}, must be of one type, or 16-bit and Float32.",
                nameof(input)
            );
        }
    }

    private void Register(string name, Parameter value, params ReadOnlySpan<long> shape)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (!shape.SequenceEqual(value.shape))
        {
            throw new ArgumentException(
                $"{name} has shape {Shapes.Text(value.shape)}, must be {Shapes.Text(shape)}.",
                nameof(value)
            );
        }

        // A parameter outlives the scope in which its layer was made.
        value.DetachFromDisposeScope();
        ConditionallyRegisterParameter(name, value);
    }
}
