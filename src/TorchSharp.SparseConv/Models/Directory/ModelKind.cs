namespace TorchSharp.SparseConv;

/// <summary>
/// A network that config.json may name. A new one is an entry of All: its name, how it is built, and the least number
/// of weights that its file must have, so that a file that promises too much is refused before memory is taken for it.
/// </summary>
internal sealed class ModelKind(
    string name,
    Func<ModelArchitecture, torch.Device?, torch.ScalarType?, torch.nn.Module> build,
    Func<ModelArchitecture, double> leastWeights
)
{
    private static readonly ModelKind[] All =
    [
        .. Enum.GetValues<MinkUNetKind>().Select(MinkUNetOf),
        new(
            nameof(SPVCNN),
            (it, device, dtype) =>
                new SPVCNN(
                    it.InChannels,
                    it.OutChannels,
                    it.Width,
                    dimensions: it.Dimensions,
                    device: device,
                    dtype: dtype
                ),
            it => SPVCNN.Plan(it.InChannels, it.OutChannels, it.Width).LeastWeights(it.Dimensions)
        ),
        .. Enum.GetValues<SparseResNetKind>().Select(ResNetOf),
        .. Enum.GetValues<SparseResNetKind>().Select(PyramidOf),
    ];

    internal static IReadOnlyList<string> Names { get; } = [.. All.Select(kind => kind._name)];

    private readonly string _name = name;

    internal static ModelKind Of(string name) =>
        Array.Find(All, kind => string.Equals(kind._name, name, StringComparison.Ordinal))
        ?? throw new ArgumentException($"kind is {name}, must be one of {string.Join(", ", Names)}.", nameof(name));

    internal torch.nn.Module Build(ModelArchitecture architecture, torch.Device? device, torch.ScalarType? dtype) =>
        build(architecture, device, dtype);

    // In double: what a damaged file asks for may go beyond 64 bits.
    internal double LeastWeights(ModelArchitecture architecture) => leastWeights(architecture);

    private static ModelKind MinkUNetOf(MinkUNetKind kind) =>
        new(
            kind.ToString(),
            (it, device, dtype) =>
                new MinkUNet(
                    kind,
                    it.InChannels,
                    it.OutChannels,
                    it.Width,
                    [.. it.StemKernel],
                    it.Dimensions,
                    device,
                    dtype
                ),
            it =>
                MinkUNetPlan
                    .Of(kind, it.InChannels, it.OutChannels, it.Width, [.. it.StemKernel])
                    .LeastWeights(it.Dimensions)
        );

    private static ModelKind ResNetOf(SparseResNetKind kind) =>
        new(
            $"Sparse{kind}",
            (it, device, dtype) =>
                new SparseResNet(
                    kind,
                    it.InChannels,
                    it.OutChannels,
                    it.Width,
                    [.. it.StemKernel],
                    dimensions: it.Dimensions,
                    device: device,
                    dtype: dtype
                ),
            it => Encoder(kind, it) + ((double)SparseResNetEncoder.LastChannels(kind, it.Width) * it.OutChannels)
        );

    private static ModelKind PyramidOf(SparseResNetKind kind) =>
        new(
            $"SparseFPN{kind}",
            (it, device, dtype) =>
                new SparseFPN(
                    new SparseResNetEncoder(
                        kind,
                        it.InChannels,
                        it.Width,
                        [.. it.StemKernel],
                        dimensions: it.Dimensions,
                        device: device,
                        dtype: dtype
                    ),
                    it.OutChannels,
                    device: device,
                    dtype: dtype
                ),
            // The smoothing convolution of each of the four levels.
            it => Encoder(kind, it) + (4 * Math.Pow(3, it.Dimensions) * it.OutChannels * it.OutChannels)
        );

    private static double Encoder(SparseResNetKind kind, ModelArchitecture it) =>
        SparseResNetEncoder.LeastWeights(kind, it.InChannels, it.Width, it.StemKernel.Min(), it.Dimensions);
}
