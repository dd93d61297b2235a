using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>
/// A published checkpoint of the MinkUNet family: what it is, read from names and shapes, and its way into ours.
/// </summary>
internal sealed class Checkpoint
{
    internal const string PointBranch = "point_transforms.";

    private static readonly NativeFamily Ours = new();
    private static readonly SpvcnnFamily OursWithPoints = new();

    private readonly string _path;
    private readonly StateReader _file;
    private readonly Dictionary<string, StateEntry> _entries;
    private readonly CheckpointFamily _family;
    private readonly string _prefix;

    private Checkpoint(string path, StateReader file)
    {
        _path = path;
        _file = file;
        _entries = file.Entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
        foreach (var family in CheckpointFamily.All)
        {
            if (family.Prefix(_entries.Keys) is { } prefix)
            {
                (_family, _prefix) = (family, prefix);
                return;
            }
        }

        throw new InvalidDataException(
            $"'{path}' is no checkpoint of {string.Join(", ", CheckpointFamily.All.Select(family => family.Name))}: "
                + $"it begins with {string.Join(", ", _entries.Keys.Take(3))}."
        );
    }

    internal static MinkUNet Load(string path, torch.Device? device, torch.ScalarType? dtype)
    {
        using var file = Weights.Open(path);
        var checkpoint = new Checkpoint(path, file);
        checkpoint.RequireNoPointBranch();
        var plan = checkpoint.Plan();
        return checkpoint.Fill(new MinkUNet(plan, Factory(plan, device, dtype)), plan, Ours, MinkUNet.FinalName);
    }

    /// <summary>The MinkUNet in one line, read without libtorch; null for any other file.</summary>
    internal static string? Describe(string path) => Describe(path, ofPoints: false);

    /// <summary>The SPVCNN in one line, read without libtorch; null for any other file.</summary>
    internal static string? DescribePointVoxel(string path) => Describe(path, ofPoints: true);

    private static string? Describe(string path, bool ofPoints)
    {
        using var file = Weights.Open(path);
        try
        {
            var checkpoint = new Checkpoint(path, file);
            return checkpoint.HasPointBranch() == ofPoints ? checkpoint.Plan().ToString() : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    internal static SPVCNN LoadPointVoxel(
        string path,
        InterpolationRule rule,
        torch.Device? device,
        torch.ScalarType? dtype
    )
    {
        using var file = Weights.Open(path);
        var checkpoint = new Checkpoint(path, file);
        checkpoint.RequirePointBranch();
        var plan = checkpoint.Plan();
        return checkpoint.Fill(
            new SPVCNN(plan, rule, Factory(plan, device, dtype)),
            plan,
            OursWithPoints,
            SPVCNN.ClassifierName
        );
    }

    private static SparseLayerFactory Factory(MinkUNetPlan plan, torch.Device? device, torch.ScalarType? dtype) =>
        new(3, device, dtype, plan.NormEpsilon, plan.NormMomentum);

    /// <summary>
    /// Loads the weights into a network of this plan whose modules have a family's names; disposes it on failure.
    /// </summary>
    private T Fill<T>(T net, MinkUNetPlan plan, CheckpointFamily ours, string finalName)
        where T : torch.nn.Module
    {
        try
        {
            var names = Names(plan, ours, finalName);
            var entries = LayoutEntry.Of(net, _family.Layout, names, finalName, _family.FinalLayout);
            var isOfNetwork = net is SPVCNN ? _ => true : (Func<string, bool>)IsOfNetwork;
            var report = Weights.Load(entries, new Subset(_file, isOfNetwork), _path, LoadRule.Strict);
            return report.IsComplete ? net : throw new InvalidOperationException("A strict load is complete.");
        }
        catch
        {
            net.Dispose();
            throw;
        }
    }

    /// <summary>What the family calls its network where that has a point branch.</summary>
    private string PointVoxelName => _family.Name.Replace(nameof(MinkUNet), nameof(SPVCNN), StringComparison.Ordinal);

    private MinkUNetPlan Plan()
    {
        var stem = Convolution(_prefix + _family.Stem(0).Convolution);
        int[] blocks = [.. Enumerable.Range(0, 2 * MinkUNetPlan.Stages).Select(Blocks)];
        long[] planes =
        [
            .. blocks.Select((_, stage) => Convolution(_prefix + _family.Block(stage, 0, 0).Convolution).Output),
        ];
        var isBottleneck = Has(_family.Block(0, 0, 2).Convolution);
        var side = (int)Math.Round(Math.Cbrt(stem.Taps));
        if (side * side * side != stem.Taps)
        {
            throw new InvalidDataException($"'{_path}': the stem has {stem.Taps} taps, must be a cube.");
        }

        return new MinkUNetPlan
        {
            Name = HasPointBranch() ? PointVoxelName : _family.Describe(planes, blocks, isBottleneck),
            Input = stem.Input,
            Output = Linear(_family.Final(_prefix)),
            StemKernel = side,
            StemLayers = Has(_family.Stem(1).Convolution) ? 2 : 1,
            StemPlanes = stem.Output,
            Resized = [.. blocks.Select((_, stage) => Convolution(_prefix + _family.Resize(stage).Convolution).Output)],
            Planes = planes,
            Blocks = blocks,
            IsBottleneck = isBottleneck,
            NormEpsilon = _family.NormEpsilon,
            NormMomentum = _family.NormMomentum,
        };
    }

    private int Blocks(int stage)
    {
        var count = 0;
        while (Has(_family.Block(stage, count, 0).Convolution))
        {
            count++;
        }

        return count;
    }

    private bool Has(string convolution) =>
        _entries.ContainsKey($"{_prefix}{convolution}.{_family.Layout.ParameterName}");

    private long[] Shape(string name) =>
        _entries.TryGetValue(name, out var entry) && entry.Shape.Length >= 2
            ? entry.Shape
            : throw new InvalidDataException($"'{_path}' looks like {_family.Name} and has no weight {name}.");

    private (long Taps, long Input, long Output) Convolution(string name)
    {
        var shape = Shape($"{name}.{_family.Layout.ParameterName}");
        var (input, output) = _family.Layout == WeightLayout.SpConv2 ? (shape[^1], shape[0]) : (shape[^2], shape[^1]);
        var elements = shape.Aggregate(1L, (product, size) => product * size);
        return (elements / Math.Max(1, input * output), input, output);
    }

    private long Linear(string name)
    {
        var layout = _family.FinalLayout;
        var shape = Shape($"{name}.{layout.ParameterName}");
        return layout == WeightLayout.Linear || layout == WeightLayout.SpConv2 ? shape[0] : shape[^1];
    }

    /// <summary>Our modules' names to those of the checkpoint.</summary>
    private Dictionary<string, string> Names(MinkUNetPlan plan, CheckpointFamily ours, string finalName)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal) { [finalName] = _family.Final(_prefix) };
        void Add(CheckpointLayer ours, CheckpointLayer theirs)
        {
            names[ours.Convolution] = _prefix + theirs.Convolution;
            names[ours.Norm] = _prefix + theirs.Norm;
        }

        for (var layer = 0; layer < plan.StemLayers; layer++)
        {
            Add(ours.Stem(layer), _family.Stem(layer));
        }

        for (var stage = 0; stage < 2 * MinkUNetPlan.Stages; stage++)
        {
            Add(ours.Resize(stage), _family.Resize(stage));
            for (var block = 0; block < plan.Blocks[stage]; block++)
            {
                for (var layer = CheckpointFamily.Shortcut; layer < 3; layer++)
                {
                    Add(ours.Block(stage, block, layer), _family.Block(stage, block, layer));
                }
            }
        }

        for (var branch = 0; branch < SPVCNN.Branches; branch++)
        {
            var name = $"{PointBranch}{branch}";
            Add(new($"{name}.0", $"{name}.1"), new($"{name}.0", $"{name}.1"));
        }

        return names;
    }

    private bool IsOfNetwork(string name) =>
        !_family.Ignored.Any(ignored => name.StartsWith(_prefix + ignored, StringComparison.Ordinal));

    private void RequireNoPointBranch()
    {
        if (HasPointBranch())
        {
            throw new InvalidDataException(
                $"'{_path}' is an SPVCNN: its point branch ({_prefix}{PointBranch}*) is in use, and MinkUNet has none."
            );
        }
    }

    private void RequirePointBranch()
    {
        if (!HasPointBranch())
        {
            throw new InvalidDataException(
                $"'{_path}' is {_family.Name} and no SPVCNN: it has no point branch ({_prefix}{PointBranch}*), or one that "
                    + "saw none of the batches that its other norms saw."
            );
        }
    }

    /// <summary>
    /// SPVCNN has the names of spvnas' MinkUNet; only there have the norms of the point branch seen batches.
    /// </summary>
    private bool HasPointBranch() =>
        Batches($"{PointBranch}0.1") is { } ofPoints && (ofPoints > 0 || Batches(_family.Stem(0).Norm) is null or 0);

    /// <summary>How many batches a norm saw, or null where the file does not say.</summary>
    private long? Batches(string norm)
    {
        var count = $"{_prefix}{norm}.num_batches_tracked";
        return
            _entries.TryGetValue(count, out var entry)
            && entry.Type == torch.ScalarType.Int64
            && ElementTypes.Elements(entry.Shape, sizeof(long)) == 1
            ? _file.ReadNumber(count)
            : null;
    }

    /// <summary>The entries of a file that a condition keeps.</summary>
    private sealed class Subset(StateReader file, Func<string, bool> keep) : StateReader
    {
        internal override IReadOnlyList<StateEntry> Entries { get; } =
        [.. file.Entries.Where(entry => keep(entry.Name))];

        internal override torch.Tensor Read(string name) => file.Read(name);

        internal override void ReadStart(string name, Span<byte> bytes) => file.ReadStart(name, bytes);

        public override void Dispose() => file.Dispose();
    }
}
