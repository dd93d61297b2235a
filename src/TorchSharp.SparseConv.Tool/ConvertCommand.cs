using System.CommandLine;
using Spectre.Console;
using TorchSharp.SparseConv.CommandLine;
using TorchSharp.SparseConv.Data;

namespace TorchSharp.SparseConv.Tool;

/// <summary>convert: writes points in another format.</summary>
internal sealed class ConvertCommand(Session session)
{
    private readonly Argument<string> _from = Options.File("in", "The file of points to read");
    private readonly Argument<string> _to = Options.File("out", "The file to write; its ending is its format");
    private readonly Option<bool> _drop = PointFiles.DropOption();

    public static Command Create(Session session)
    {
        var convert = new ConvertCommand(session);
        var command = new Command("convert", "Writes points in another format, and says what is lost by it.")
        {
            convert._from,
            convert._to,
            convert._drop,
        };
        command.SetAction(convert.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var (from, to) = (parsed.GetRequiredValue(_from), parsed.GetRequiredValue(_to));
        PointFiles.RequireKnown(to);
        var read = session.Work($"reading {from}", () => PointFiles.Read(from));
        var drop = parsed.GetValue(_drop);
        var cloud = drop || PointFiles.NeedsFinite(to) ? PointFiles.Finite(from, read, drop) : read;
        session.Work($"writing {to}", () => PointFiles.Write(to, cloud));
        var report = session.Work(
            $"comparing {to}",
            () => ConversionReport.Compare(from, to, cloud, PointFiles.Read(to), read.Count - cloud.Count)
        );
        report.Write(session, parsed);
        return Shell.Success;
    }
}

/// <summary>convert: the file that was written and the changes, which are found by reading the file back.</summary>
internal sealed class ConversionReport : Report
{
    public required string From { get; init; }

    public required string To { get; init; }

    /// <summary>The number of points written.</summary>
    public required int Points { get; init; }

    /// <summary>The number of points left out because their positions are not finite.</summary>
    public required int DroppedPoints { get; init; }

    /// <summary>The largest shift of a position along an axis, in the unit of the positions.</summary>
    public required double LargestShift { get; init; }

    /// <summary>The origin of the positions, if the format cannot store it; null if no origin is lost.</summary>
    public required IReadOnlyList<double>? DroppedOrigin { get; init; }

    public required IReadOnlyList<AttributeFateReport> Attributes { get; init; }

    /// <summary>Whether nothing was lost or changed, except types that hold the same numbers.</summary>
    public required bool Lossless { get; init; }

    protected override void Show(IAnsiConsole console)
    {
        var origin = DroppedOrigin is { } dropped
            ? $"the origin {string.Join(", ", dropped)}: positions are counted from there"
            : null;
        var fates = Attributes.Where(attribute => attribute.Fate != AttributeFate.Kept);
        Tables.Facts(
            console,
            [
                ("written", $"{To}, {Tables.Count(Points)} points"),
                ("left out", Tables.Dropped(DroppedPoints)),
                ("moved", LargestShift > 0 ? $"positions by up to {Tables.Number(LargestShift)}" : null),
                ("lost", origin),
                .. fates
                    .GroupBy(attribute => attribute.Fate)
                    .OrderBy(same => same.Key)
                    .Select(same => ($"{same.Key}".ToLowerInvariant(), (string?)string.Join(", ", same))),
                ("lost", Lossless ? "nothing" : null),
            ]
        );
    }

    public static ConversionReport Compare(string from, string to, PointCloud before, PointCloud after, int dropped)
    {
        var fates = Fates(before, after);
        // Positions of KITTI are relative to the scanner.
        var dropsOrigin = before.Origin != Origin.Zero && PointFiles.HasEnding(to, ".bin");
        var shift = Shift(dropsOrigin ? new PointCloud(before.Positions) : before, after);
        return new ConversionReport
        {
            From = from,
            To = to,
            Points = after.Count,
            DroppedPoints = dropped,
            LargestShift = shift,
            DroppedOrigin = dropsOrigin ? [before.Origin.X, before.Origin.Y, before.Origin.Z] : null,
            Attributes = fates,
            Lossless =
                dropped == 0
                && shift == 0
                && !dropsOrigin
                && fates.TrueForAll(fate =>
                    fate.Fate is AttributeFate.Kept or AttributeFate.Retyped or AttributeFate.Added
                ),
        };
    }

    private static List<AttributeFateReport> Fates(PointCloud before, PointCloud after)
    {
        var fates = new List<AttributeFateReport>();
        foreach (var attribute in before.Attributes)
        {
            var other = after.Find(attribute.Name);
            fates.Add(
                new AttributeFateReport
                {
                    Name = attribute.Name,
                    Fate = Fate(attribute, other),
                    From = TypeOf(attribute),
                    To = other is null ? null : TypeOf(other),
                }
            );
        }
        foreach (var attribute in after.Attributes.Where(attribute => before.Find(attribute.Name) is null))
        {
            fates.Add(
                new AttributeFateReport
                {
                    Name = attribute.Name,
                    Fate = AttributeFate.Added,
                    From = null,
                    To = TypeOf(attribute),
                }
            );
        }
        return fates;
    }

    private static string TypeOf(PointAttribute attribute) =>
        attribute.Components == 1 ? attribute.Type.ToString() : $"{attribute.Type} x {attribute.Components}";

    private static AttributeFate Fate(PointAttribute before, PointAttribute? after)
    {
        if (after is null)
        {
            return AttributeFate.Lost;
        }
        // Doubles represent every type exactly except the 64-bit integers.
        var same =
            before.Components == after.Components
            && before.Values.ToDouble().AsSpan().SequenceEqual(after.Values.ToDouble());
        return !same ? AttributeFate.Changed
            : before.Type == after.Type ? AttributeFate.Kept
            : AttributeFate.Retyped;
    }

    private static double Shift(PointCloud before, PointCloud after)
    {
        var largest = 0.0;
        for (var i = 0; i < Math.Min(before.Positions.Length, after.Positions.Length); i++)
        {
            var shift = Math.Abs(
                (double)before.Positions[i] - after.Positions[i] + (before.Origin[i % 3] - after.Origin[i % 3])
            );
            // Points without a position do not count as shifted.
            largest = Math.Max(largest, double.IsNaN(shift) ? 0 : shift);
        }
        return largest;
    }
}

/// <summary>One attribute before and after a conversion.</summary>
internal sealed class AttributeFateReport
{
    public required string Name { get; init; }

    public required AttributeFate Fate { get; init; }

    /// <summary>The type before; null if the attribute was added.</summary>
    public required string? From { get; init; }

    /// <summary>The type after; null if the attribute was lost.</summary>
    public required string? To { get; init; }

    /// <summary>The name and the types, such as "color (UInt8 to UInt16)".</summary>
    public override string ToString() => $"{Name} ({string.Join(" to ", new[] { From, To }.OfType<string>())})";
}

/// <summary>The result of a conversion for one attribute.</summary>
internal enum AttributeFate
{
    /// <summary>The type and the values are the same.</summary>
    Kept,

    /// <summary>The same numbers have another type.</summary>
    Retyped,

    /// <summary>The numbers differ.</summary>
    Changed,

    /// <summary>The new file does not have the attribute.</summary>
    Lost,

    /// <summary>The format always has the attribute, but the old file did not.</summary>
    Added,
}
