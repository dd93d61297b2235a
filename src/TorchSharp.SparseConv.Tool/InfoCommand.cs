using System.CommandLine;
using Spectre.Console;
using TorchSharp.SparseConv.CommandLine;
using TorchSharp.SparseConv.Data;

namespace TorchSharp.SparseConv.Tool;

/// <summary>info: describes a file of points, a volume, a weights file or a model directory.</summary>
internal sealed class InfoCommand(Session session)
{
    private static readonly string[] VolumeEndings = [".nii", ".nii.gz"];

    private readonly Argument<string> _file = Options.File(
        "file",
        "A file of points, a NIfTI volume, a weights file, or a model directory"
    );

    private readonly Option<double[]> _sizes = Options
        .List<double>(
            "--size",
            "Voxel sizes to look at, in the unit of the positions [default: four that suit the extent]"
        )
        .Positive();

    public static Command Create(Session session)
    {
        var info = new InfoCommand(session);
        var command = new Command(
            "info",
            "Says what is in a file: points, attributes and their ranges, and what voxels and rulebooks they make."
        )
        {
            info._file,
            info._sizes,
        };
        command.SetAction(info.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var path = parsed.GetRequiredValue(_file);
        if (Directory.Exists(path))
        {
            ShowModel(parsed, path);
        }
        else if (Array.Exists(VolumeEndings, ending => PointFiles.HasEnding(path, ending)))
        {
            ShowVolume(parsed, path);
        }
        else if (WeightsInspector.IsKnown(path) && !IsCloud(path))
        {
            var report = session.Work($"reading {path}", () => WeightsInspector.Inspect(path));
            report.Write(session, parsed);
        }
        else if (PointFiles.IsKnown(path))
        {
            var cloud = session.Work($"reading {path}", () => PointFiles.Read(path));
            var sizes = parsed.GetRequiredValue(_sizes);
            var report = session.Work($"voxelizing {path}", () => CloudInspector.Inspect(path, cloud, sizes));
            report.Write(session, parsed);
        }
        else
        {
            string[] known = [.. PointCloudFile.Extensions, .. VolumeEndings, .. WeightsInspector.Extensions];
            throw new UsageException(
                $"{path}: the ending \"{Path.GetExtension(path)}\" is no known format, must be one "
                    + $"of {string.Join(", ", known.Distinct(StringComparer.Ordinal))}, or a model directory"
            );
        }
        return Shell.Success;
    }

    // An archive of arrays is a cloud if one of its arrays holds positions.
    private static bool IsCloud(string path)
    {
        if (!PointFiles.IsKnown(path) || !File.Exists(path))
        {
            return PointFiles.IsKnown(path);
        }
        try
        {
            return Weights
                .Entries(path)
                .Any(entry => entry.Name is "positions" or "points" or "xyz" or "coord" or "coords");
        }
        catch (Exception error) when (error is InvalidDataException or NotSupportedException)
        {
            return true; // as a cloud it is refused with a better reason
        }
    }

    private void ShowModel(ParseResult parsed, string path)
    {
        if (!ModelDirectory.Exists(path))
        {
            throw new UsageException($"{path} is a folder without a {ModelDirectory.ConfigFile}: no model directory");
        }
        var report = ModelReport.Of(path);
        report.Write(session, parsed);
    }

    private void ShowVolume(ParseResult parsed, string path)
    {
        var report = session.Work($"reading {path}", () => VolumeReport.Of(path));
        report.Write(session, parsed);
    }
}

/// <summary>info: a model directory.</summary>
internal sealed class ModelReport : Report
{
    public string Kind { get; init; } = "model";

    public required string File { get; init; }

    /// <summary>The number of bytes of the weights.</summary>
    public required long Bytes { get; init; }

    public required string Architecture { get; init; }

    public required IReadOnlyList<double> VoxelSize { get; init; }

    /// <summary>The sources of the input channels, in order.</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>The name of the class that is neither predicted nor scored; null if there is none.</summary>
    public required string? IgnoredClass { get; init; }

    public static ModelReport Of(string folder)
    {
        var config = ModelDirectory.ReadConfig(folder);
        var weights = Path.Combine(folder, ModelDirectory.WeightsFile);
        return new ModelReport
        {
            File = folder,
            Bytes = System.IO.File.Exists(weights)
                ? new FileInfo(weights).Length
                : throw new FileNotFoundException($"'{weights}': there is no such file."),
            Architecture = config.Architecture.ToString(),
            VoxelSize = config.VoxelSize,
            Inputs = [.. config.Inputs.Select(input => input.Source)],
            Classes = [.. config.Classes.Select(entry => entry.Name)],
            IgnoredClass = config.IgnoreClass is { } ignored ? config.Classes[ignored].Name : null,
        };
    }

    protected override void Show(IAnsiConsole console) =>
        Tables.Facts(
            console,
            ("model", File),
            ("network", Architecture),
            ("weights", Tables.Bytes(Bytes)),
            ("voxel size", string.Join(" x ", VoxelSize.Select(size => Tables.Number(size)))),
            ("inputs", string.Join(", ", Inputs)),
            ("classes", string.Join(", ", Classes)),
            ("ignored", IgnoredClass)
        );
}

/// <summary>info: a NIfTI volume.</summary>
internal sealed class VolumeReport : Report
{
    public string Kind { get; init; } = "volume";

    public required string File { get; init; }

    public required string Format { get; init; }

    public required long Bytes { get; init; }

    /// <summary>The size of each axis, x first.</summary>
    public required IReadOnlyList<int> Shape { get; init; }

    public required string Type { get; init; }

    /// <summary>The spacing of each axis, x first.</summary>
    public required IReadOnlyList<double> VoxelSize { get; init; }

    public required double Slope { get; init; }

    public required double Intercept { get; init; }

    public required string Description { get; init; }

    /// <summary>The smallest finite value after slope and intercept.</summary>
    public required double? Min { get; init; }

    public required double? Max { get; init; }

    /// <summary>The share of values other than 0, which is the occupancy of the sparse volume.</summary>
    public required double Occupancy { get; init; }

    public static VolumeReport Of(string path)
    {
        var volume = NiftiFile.Read(path);
        var (low, high, others) = ((double?)null, (double?)null, 0L);
        foreach (var stored in volume.Values.ToDouble())
        {
            var value = stored * volume.Slope + volume.Intercept;
            if (double.IsFinite(value))
            {
                (low, high) = (Math.Min(low ?? value, value), Math.Max(high ?? value, value));
            }
            others += value == 0 ? 0 : 1;
        }
        return new VolumeReport
        {
            File = path,
            Format = PointFiles.HasEnding(path, ".gz") ? "nii.gz" : "nii",
            Bytes = new FileInfo(path).Length,
            Shape = [.. volume.Values.Shape.Reverse()],
            Type = volume.Values.Type.ToString(),
            VoxelSize = volume.VoxelSize,
            Slope = volume.Slope,
            Intercept = volume.Intercept,
            Description = volume.Description,
            Min = low,
            Max = high,
            Occupancy = volume.Values.Count == 0 ? 0 : others / (double)volume.Values.Count,
        };
    }

    protected override void Show(IAnsiConsole console) =>
        Tables.Facts(
            console,
            ("file", File),
            ("format", $"{Format}, {Tables.Bytes(Bytes)}"),
            ("shape", $"{string.Join(" x ", Shape)} of {Type}"),
            ("voxel size", string.Join(" x ", VoxelSize.Select(size => Tables.Number(size)))),
            ("values", Tables.Range([Min], [Max])),
            ("not 0", Tables.Percent(Occupancy)),
            (
                "scaling",
                Slope == 1 && Intercept == 0 ? null : $"{Tables.Number(Slope)} * value + {Tables.Number(Intercept)}"
            ),
            ("description", Description.Length > 0 ? Description : null)
        );
}
