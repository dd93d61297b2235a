namespace TorchSharp.SparseConv;

/// <summary>Which of the library's networks, and of what size: enough to build it again.</summary>
public sealed class ModelArchitecture
{
    /// <summary>The network's name, one of <see cref="Kinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>Channels of the input's features.</summary>
    public required long InChannels { get; init; }

    /// <summary>Channels of the result, the number of classes of a network that tells classes.</summary>
    public required long OutChannels { get; init; }

    /// <summary>The factor on every other number of channels.</summary>
    public double Width { get; set; } = 1;

    /// <summary>The kernel of the first convolution: one size, or one for each axis.</summary>
    public IReadOnlyList<int> StemKernel { get; set; } = [5];

    /// <summary>The number of spatial axes, 1 to 4.</summary>
    public int Dimensions { get; set; } = 3;

    /// <summary>The names that <see cref="Kind"/> may have.</summary>
    public static IReadOnlyList<string> Kinds => ModelKind.Names;

    /// <summary>
    /// A new network of this architecture. Throws InvalidDataException, naming the property, for a value out of its
    /// range.
    /// </summary>
    public torch.nn.Module Build(torch.Device? device = null, torch.ScalarType? dtype = null)
    {
        ModelConfigCheck.Architecture(this, "");
        return ModelKind.Of(Kind).Build(this, device, dtype);
    }

    /// <summary>A line such as "MinkUNet14, 5 channels in, 20 out, width 0.5, stem (3), 3 axes".</summary>
    public override string ToString() =>
        FormattableString.Invariant(
            $"{Kind}, {InChannels} channels in, {OutChannels} out, width {Width}, stem ({string.Join(", ", StemKernel)}), {Dimensions} axes"
        );
}
