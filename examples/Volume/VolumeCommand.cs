using System.CommandLine;
using System.Diagnostics;
using TorchSharp.SparseConv.CommandLine;
using TorchSharp.SparseConv.Data;
using static System.FormattableString;

namespace Vessels;

/// <summary>The program: trains on generated trees, measures on others, and segments a volume.</summary>
internal static class VolumeCommand
{
    public static int Main(string[] args) => Run(args, Session.OfProcess());

    /// <summary>Runs one command line and returns its exit code.</summary>
    public static int Run(string[] args, Session session) => Create().Run(args, session);

    private static ExampleCommand Create()
    {
        var volume = Options.Text(
            "--volume",
            "NIfTI volume to segment [default: medical/CT_AVM.nii.gz in $SPARSECONV_DATA, else a generated one]"
        );
        var labels = Options.Text("--labels", "NIfTI volume of the same shape, not 0 where vessels are: tells Dice");
        var threshold = Options.Value("--threshold", "Voxels of --volume that are brighter are kept", 0f);
        var trees = Options.Value("--trees", "Generated volumes to learn from", 32).Positive();
        var testTrees = Options.Value("--test-trees", "Generated volumes to measure on", 8).Positive();
        var size = Options.Value("--size", "Voxels of a generated volume along an axis", 64).Positive();
        var epochs = Options.Value("--epochs", "Times that every generated volume is learned from", 6).Positive();
        var width = Options.Value("--width", "Share of MinkUNet14's channels", 0.25).Positive();
        var rate = Options.Value("--lr", "Highest learning rate", 0.01).Positive();
        var output = Options.Value("--output", "Folder for the results", "artifacts/volume");
        return new ExampleCommand(
            "Finds vessels in an angiography with a sparse U-Net over its bright voxels.",
            [volume, labels, threshold, trees, testTrees, size, epochs, width, rate, output],
            (parsed, seed, writer) =>
                Run(
                    new VolumeSettings
                    {
                        Volume = parsed.GetValue(volume),
                        Labels = parsed.GetValue(labels),
                        Threshold = parsed.GetRequiredValue(threshold),
                        Trees = parsed.GetRequiredValue(trees),
                        TestTrees = parsed.GetRequiredValue(testTrees),
                        Size = parsed.GetRequiredValue(size),
                        Epochs = parsed.GetRequiredValue(epochs),
                        Width = parsed.GetRequiredValue(width),
                        LearningRate = parsed.GetRequiredValue(rate),
                        Output = parsed.GetRequiredValue(output),
                        Seed = seed,
                    },
                    writer
                )
        );
    }

    private static void Run(VolumeSettings settings, TextWriter output)
    {
        var path = Volumes.PathOf(settings);
        if (settings.Labels is { } labels && (path is null || !File.Exists(labels)))
        {
            throw new UsageException(
                path is null
                    ? "--labels goes with --volume: a generated volume brings its own"
                    : $"--labels {labels}: there is no such file"
            );
        }
        var (volume, truth) = path is null ? Generate(settings, output) : ReadVolume(path, settings.Labels);
        using var net = new VesselNet(settings.Width);
        var train = Grow(settings, first: 0, settings.Trees);
        output.WriteLine(
            Invariant($"{net.Parameters:N0} parameters; {train.Count} generated trees of {settings.Size}^3 voxels, ")
                + Invariant($"{train.Average(scan => 100.0 * scan.Cells.Length / scan.VoxelCount):F1} % of them kept")
        );
        net.Learn(train, settings, output);
        Measure(net, Grow(settings, settings.Trees, settings.TestTrees), output);
        Segment(net, volume, truth, settings, output);
    }

    // The best result by brightness alone shows how much the network learned from shape.
    private static void Measure(VesselNet net, List<Scan> scans, TextWriter output)
    {
        var found = scans.Aggregate(default(Overlap), (sum, scan) => sum + Overlap.Of(scan, net.Find(scan)));
        var (best, cut) = BestCut(scans);
        output.WriteLine(
            Invariant($"{scans.Count} other generated trees: Dice {found.Dice:F3}; ")
                + Invariant($"the best cut by brightness alone ({cut:F2}): {best:F3}")
        );
    }

    private static (double Dice, double Cut) BestCut(List<Scan> scans) =>
        Enumerable
            .Range(0, 100)
            .Select(percent => percent / 100.0)
            .Select(cut =>
                (
                    Dice: scans
                        .Aggregate(
                            default(Overlap),
                            (sum, scan) => sum + Overlap.Of(scan, [.. scan.Values.Select(value => value >= cut)])
                        )
                        .Dice,
                    Cut: cut
                )
            )
            .Max();

    private static void Segment(VesselNet net, Volume volume, bool[]? truth, VolumeSettings settings, TextWriter output)
    {
        var clock = Stopwatch.StartNew();
        var scan = new Scan(volume.ToSingle(), volume.Values.Shape, settings.Threshold, truth);
        var vessel = net.Find(scan);
        var seconds = clock.Elapsed.TotalSeconds;
        var path = Path.Combine(settings.Output, "vessels.nii.gz");
        Directory.CreateDirectory(settings.Output);
        Volumes.Write(path, scan.Mask(vessel), volume);
        output.WriteLine(
            Invariant($"{volume.Values.Shape[2]} x {volume.Values.Shape[1]} x {volume.Values.Shape[0]} voxels, ")
                + Invariant($"{100.0 * scan.Cells.Length / scan.VoxelCount:F1} % of them kept, ")
                + Invariant(
                    $"{vessel.Count(one => one):N0} of {scan.Cells.Length:N0} found to be vessels, {seconds:F1} s"
                )
        );
        output.WriteLine(
            truth is null
                ? "no labels for this volume, so no Dice"
                : Invariant($"Dice against its labels {Overlap.Of(scan, vessel).Dice:F3}")
        );
        output.WriteLine(path);
    }

    private static (Volume Volume, bool[]? Truth) ReadVolume(string path, string? labels)
    {
        var volume = Volumes.Read(path);
        return (volume, labels is null ? null : Volumes.Truth(labels, volume));
    }

    private static (Volume Volume, bool[]? Truth) Generate(VolumeSettings settings, TextWriter output)
    {
        var (intensities, truth) = VesselTrees.Grow(settings.Size, Seed(settings, -1));
        var volume = new Volume(new NumberArray(intensities, settings.Size, settings.Size, settings.Size));
        Directory.CreateDirectory(settings.Output);
        var path = Path.Combine(settings.Output, "volume.nii.gz");
        NiftiFile.Write(path, volume);
        output.WriteLine($"no --volume: generated {path}");
        return (volume, truth);
    }

    private static List<Scan> Grow(VolumeSettings settings, int first, int count)
    {
        int[] shape = [settings.Size, settings.Size, settings.Size];
        return
        [
            .. Enumerable
                .Range(first, count)
                .Select(index => VesselTrees.Grow(settings.Size, Seed(settings, index)))
                .Select(tree => new Scan(tree.Intensities, shape, threshold: 0, tree.Truth)),
        ];
    }

    private static int Seed(VolumeSettings settings, int index) => unchecked((settings.Seed * 7919) + index);
}

/// <summary>The settings of one run.</summary>
internal sealed class VolumeSettings
{
    public string? Volume { get; init; }

    public string? Labels { get; init; }

    public required float Threshold { get; init; }

    public required int Trees { get; init; }

    public required int TestTrees { get; init; }

    public required int Size { get; init; }

    public required int Epochs { get; init; }

    public required double Width { get; init; }

    public required double LearningRate { get; init; }

    public required string Output { get; init; }

    public required int Seed { get; init; }
}
