using System.CommandLine;
using TorchSharp.SparseConv.Data;
using TorchSharp.SparseConv.Tool.Models;
using TorchSharp.SparseConv.Tool.Points;
using TorchSharp.SparseConv.Tool.Reports;

namespace TorchSharp.SparseConv.Tool.Commands;

/// <summary>info: what is in a file of points, a volume, a weights file or a model directory.</summary>
internal sealed class InfoCommand(Session session)
{
    private static readonly string[] VolumeEndings = [".nii", ".nii.gz"];

    private readonly Argument<string> _file = Options.File(
        "file",
        "A file of points, a NIfTI volume, a weights file, or a model directory"
    );

    private readonly Option<double[]> _sizes = Options.Lengths(
        "--size",
        "Voxel sizes to look at, in the unit of the positions [default: four that suit the extent]"
    );

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
        else if (Array.Exists(VolumeEndings, ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)))
        {
            ShowVolume(parsed, path);
        }
        else if (WeightsInspector.IsKnown(path) && !IsCloud(path))
        {
            var report = session.Work($"reading {path}", () => WeightsInspector.Inspect(path));
            session.Report(parsed, report, ToolJson.Default.WeightsReport, report.Show);
        }
        else if (PointFiles.IsKnown(path))
        {
            var cloud = session.Work($"reading {path}", () => PointFiles.Read(path));
            var sizes = parsed.GetRequiredValue(_sizes);
            var report = session.Work($"voxelizing {path}", () => CloudInspector.Inspect(path, cloud, sizes));
            session.Report(parsed, report, ToolJson.Default.CloudReport, report.Show);
        }
        else
        {
            string[] known = [.. PointCloudFile.Extensions, .. VolumeEndings, .. WeightsInspector.Extensions];
            throw new UsageException(
                $"{path}: the ending \"{Path.GetExtension(path)}\" is no known format, must be one of {string.Join(", ", known.Distinct(StringComparer.Ordinal))}, or a model directory"
            );
        }
        return Application.Success;
    }

    // An archive of arrays is a cloud where one of them has positions.
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
        session.Report(parsed, report, ToolJson.Default.ModelReport, report.Show);
    }

    private void ShowVolume(ParseResult parsed, string path)
    {
        var report = session.Work($"reading {path}", () => VolumeInspector.Inspect(path));
        session.Report(parsed, report, ToolJson.Default.VolumeReport, report.Show);
    }
}
