namespace TorchSharp.SparseConv;

/// <summary>
/// Tells the class of every point with the network of a <see cref="ModelDirectory"/>; owns the network.
/// </summary>
public sealed class PointClassifier : IDisposable
{
    private readonly torch.nn.Module _network;
    private readonly Func<SparseTensor, torch.Tensor> _scores;

    /// <summary>
    /// Takes over a network and how points become its input. Throws InvalidDataException for a description that does
    /// not hold, and ArgumentException for one without classes.
    /// </summary>
    public PointClassifier(torch.nn.Module<SparseTensor, SparseTensor> network, ModelConfig config)
        : this(network, voxels => network.call(voxels).features, config) { }

    /// <summary>
    /// As the other, of a network of points, which is run on one point in every voxel, as the published ones are.
    /// </summary>
    public PointClassifier(SPVCNN network, ModelConfig config)
        : this(network, voxels => network.call(PointTensor.of(voxels, network.rule.Anchor)), config) { }

    private PointClassifier(torch.nn.Module network, Func<SparseTensor, torch.Tensor> scores, ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        if (config.Classes.Count == 0)
        {
            throw new ArgumentException("config.classes is empty, must name what the network tells.", nameof(config));
        }

        _network = network;
        _scores = scores;
        Config = config;
    }

    /// <summary>How points become the network's input, and what its output stands for.</summary>
    public ModelConfig Config { get; }

    /// <summary>
    /// The network of a folder. Throws as <see cref="ModelDirectory.Load"/> does, and InvalidDataException for a
    /// network that tells no class of each voxel.
    /// </summary>
    public static PointClassifier Load(string folder)
    {
        var config = ModelDirectory.ReadConfig(folder);
        var network = ModelDirectory.Load(folder);
        switch (network)
        {
            case torch.nn.Module<SparseTensor, SparseTensor> voxels when config.Classes.Count > 0:
                return new PointClassifier(voxels, config);
            case SPVCNN points when config.Classes.Count > 0:
                return new PointClassifier(points, config);
            default:
                network.Dispose();
                throw new InvalidDataException(
                    $"'{folder}' holds a {config.Architecture.Kind} of {config.Classes.Count} classes, must be a network that tells the class of each voxel."
                );
        }
    }

    /// <summary>
    /// How many voxels around it the class of a voxel depends on at most, along each axis: the margin with which a part
    /// of a scene gets the classes that it has in the whole. Null where the network reads whole scenes, and for networks
    /// of points. See <see cref="ModelSummary.Reach"/>.
    /// </summary>
    public IReadOnlyList<long>? Reach()
    {
        if (_network is not torch.nn.Module<SparseTensor, SparseTensor> network)
        {
            return null;
        }

        // Which voxels there are makes no difference to the kernels that run.
        using var scope = torch.NewDisposeScope();
        var (axes, channels) = (Config.Architecture.Dimensions, Config.Architecture.InChannels);
        var device = network.parameters().FirstOrDefault()?.device ?? torch.CPU;
        var site = torch.zeros([1, 1 + axes], torch.ScalarType.Int32, device);
        var input = new SparseTensor(torch.zeros([1, channels], device: device), site);
        using var manager = input.manager;
        return network.summary(input).Reach;
    }

    /// <summary>
    /// The class of every point: of its voxel's highest score, never the ignored one. Positions are [points, axes]; the
    /// function gives an attribute as for <see cref="ModelConfig.Features"/>. Puts the network into evaluation mode.
    /// Throws ArgumentException for positions that are not finite and for attributes that are missing.
    /// </summary>
    public int[] Predict(float[] positions, Func<string, float[]?> attribute)
    {
        ArgumentNullException.ThrowIfNull(positions);
        var features = Config.Features(positions, attribute);
        var axes = Config.Architecture.Dimensions;
        var points = positions.Length / axes;
        if (points == 0)
        {
            return [];
        }

        using var scope = torch.NewDisposeScope();
        using var untracked = torch.no_grad();
        _network.eval();
        var device = _network.parameters().FirstOrDefault()?.device ?? torch.CPU;
        var input = SparseTensor.from_points(
            torch.tensor(positions, [points, axes], device: device),
            torch.tensor(features, [points, Config.Architecture.InChannels], device: device),
            new VoxelSize([.. Config.VoxelSize]),
            out var voxelOfPoint
        );
        using var manager = input.manager;
        var scores = _scores(input);
        if (Config.IgnoreClass is { } ignored)
        {
            scores = scores.clone();
            using Scalar least = double.NegativeInfinity;
            scores.narrow(1, ignored, 1).fill_(least);
        }

        var best = scores.argmax(1).data<long>().ToArray();
        return Array.ConvertAll(voxelOfPoint.data<long>().ToArray(), voxel => (int)best[voxel]);
    }

    /// <summary>Disposes the network.</summary>
    public void Dispose() => _network.Dispose();
}
