using System.CommandLine;
using TorchSharp.SparseConv.Data;
using TorchSharp.SparseConv.Tool.Points;
using TorchSharp.SparseConv.Tool.Reports;

namespace TorchSharp.SparseConv.Tool.Commands;

/// <summary>voxelize: one point for each voxel.</summary>
internal sealed class VoxelizeCommand(Session session)
{
    private readonly Argument<string> _from = Options.File("file", "The file of points to read");
    private readonly Argument<string> _to = Options.File("out", "The file to write; its ending is its format");
    private readonly Option<double[]> _size = Required(
        Options.Lengths("--size", "The edge of a voxel in the unit of the positions: one length, or three")
    );

    private readonly Option<VoxelPlace> _place = Options.Choice(
        "--position",
        "Where a voxel's point is: mean of its points, or center",
        VoxelPlace.Mean
    );

    private readonly Option<string[]> _mean = Options.List("--mean", "Attributes of which the mean is taken");
    private readonly Option<string[]> _majority = Options.List(
        "--majority",
        "Attributes of which the commonest value is taken [default: integers but color and intensity]"
    );

    private readonly Option<bool> _drop = Options.Flag(
        "--drop-invalid",
        "Leave out points whose position is not finite"
    );

    public static Command Create(Session session)
    {
        var voxelize = new VoxelizeCommand(session);
        var command = new Command(
            "voxelize",
            "Writes one point for each voxel, with the means or majorities of its points."
        )
        {
            voxelize._from,
            voxelize._to,
            voxelize._size,
            voxelize._place,
            voxelize._mean,
            voxelize._majority,
            voxelize._drop,
        };
        command.SetAction(voxelize.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var (from, to) = (parsed.GetRequiredValue(_from), parsed.GetRequiredValue(_to));
        var size = parsed.GetRequiredValue(_size);
        if (size.Length is not (1 or 3))
        {
            throw new UsageException($"--size has {size.Length} lengths, must have one, or three");
        }
        PointFiles.RequireKnown(to);
        var read = session.Work($"reading {from}", () => PointFiles.Read(from));
        var (mean, majority) = (Names(parsed, _mean, from, read), Names(parsed, _majority, from, read));
        var cloud = PointFiles.Finite(from, read, parsed.GetValue(_drop));
        var voxels = session.Work($"voxelizing {from}", () => new CloudVoxels(cloud, size));
        var result = voxels.ToCloud(parsed.GetValue(_place), majority, mean);
        session.Work($"writing {to}", () => CloudConverter.Write(to, result));
        var commonest = cloud.Attributes.ToLookup(
            attribute => CloudVoxels.IsMajority(attribute, majority, mean),
            attribute => attribute.Name
        );
        var report = new VoxelizationReport
        {
            From = from,
            To = to,
            Size = size,
            Points = cloud.Count,
            DroppedPoints = read.Count - cloud.Count,
            Voxels = voxels.Count,
            Means = [.. commonest[false]],
            Majorities = [.. commonest[true]],
        };
        session.Report(parsed, report, ToolJson.Default.VoxelizationReport, report.Show);
        return Application.Success;
    }

    private static HashSet<string> Names(ParseResult parsed, Option<string[]> option, string file, PointCloud cloud)
    {
        var names = parsed.GetRequiredValue(option).ToHashSet(StringComparer.Ordinal);
        var unknown = names.FirstOrDefault(name => cloud.Find(name) is null);
        return unknown is null
            ? names
            : throw new UsageException(
                $"{option.Name} {unknown}: {file} has no such attribute, it has {string.Join(", ", cloud.Attributes.Select(attribute => attribute.Name))}"
            );
    }

    private static Option<T> Required<T>(Option<T> option)
    {
        option.Required = true;
        option.DefaultValueFactory = null;
        return option;
    }
}
