using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;
using TorchSharp.SparseConv.CommandLine;

namespace TorchSharp.SparseConv.Tool;

/// <summary>The result of a command: text for people, or JSON for programs.</summary>
internal abstract class Report
{
    private const string Json = "--json";

    /// <summary>The option of every command that writes the report as JSON.</summary>
    public static Option<bool> JsonOption() =>
        new(Json) { Description = "Write the report as JSON, and nothing else", Recursive = true };

    /// <summary>Writes the report to standard output in the form that the command line asks for.</summary>
    public void Write(Session session, ParseResult parsed)
    {
        if (parsed.GetValue<bool>(Json))
        {
            session.Output.WriteLine(JsonSerializer.Serialize(this, GetType(), ToolJson.Default));
        }
        else
        {
            Show(session.Console);
        }
    }

    /// <summary>Writes the report as text.</summary>
    protected abstract void Show(IAnsiConsole console);
}

/// <summary>The JSON of reports: snake case, enumerations by name, unknown values as null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    WriteIndented = true
)]
[JsonSerializable(typeof(CloudReport))]
[JsonSerializable(typeof(VolumeReport))]
[JsonSerializable(typeof(WeightsReport))]
[JsonSerializable(typeof(ModelReport))]
[JsonSerializable(typeof(ConversionReport))]
[JsonSerializable(typeof(VoxelizationReport))]
[JsonSerializable(typeof(PredictionReport))]
[JsonSerializable(typeof(PageReport))]
[JsonSerializable(typeof(WeightsConversionReport))]
internal sealed partial class ToolJson : JsonSerializerContext;

/// <summary>Formats tables and numbers.</summary>
internal static class Tables
{
    /// <summary>Makes a table. The first columns are words; the others are numbers, aligned to the right.</summary>
    public static Table New(int words, params string[] columns)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var (i, name) in columns.Index())
        {
            var column = new TableColumn(Markup.Escape(name));
            table.AddColumn(i < words ? column : column.RightAligned());
        }
        return table;
    }

    public static void Add(this Table table, params string[] cells) =>
        table.AddRow([.. cells.Select(cell => new Text(cell))]);

    /// <summary>Writes names and values, one pair a line. Lines without a value are left out.</summary>
    public static void Facts(IAnsiConsole console, params IReadOnlyList<(string Name, string? Value)> facts)
    {
        var width = facts.Where(fact => fact.Value is not null).Max(fact => (int?)fact.Name.Length) ?? 0;
        foreach (var (name, value) in facts)
        {
            if (value is not null)
            {
                console.Profile.Out.Writer.WriteLine($"{name.PadRight(width)}  {value}");
            }
        }
    }

    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    public static string Number(double? value) =>
        value is { } known ? known.ToString("G6", CultureInfo.InvariantCulture) : "-";

    /// <summary>
    /// Coordinates with so many decimals that two points in the box can be told apart, at most nine.
    /// </summary>
    public static string Box(IReadOnlyList<double?> low, IReadOnlyList<double?> high)
    {
        return string.Join("  ", low.Zip(high, (from, to) => from is null ? "-" : Between(from.Value, to!.Value)));

        static string Between(double from, double to)
        {
            var decimals = to > from ? Math.Clamp(6 - (int)Math.Ceiling(Math.Log10(to - from)), 0, 9) : 9;
            var format = "0." + new string('#', decimals);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{from.ToString(format, CultureInfo.InvariantCulture)} to {to.ToString(format, CultureInfo.InvariantCulture)}"
            );
        }
    }

    public static string Percent(double? share) =>
        share is { } known
            ? (100 * known).ToString(known < 0.01 ? "G2" : "F1", CultureInfo.InvariantCulture) + " %"
            : "-";

    public static string Range(IReadOnlyList<double?> low, IReadOnlyList<double?> high) =>
        string.Join("  ", low.Zip(high, (from, to) => from is null ? "-" : $"{Number(from)} to {Number(to)}"));

    /// <summary>The text about points that were left out; null if there are none.</summary>
    public static string? Dropped(int points) =>
        points > 0 ? $"{Count(points)} points without a finite position" : null;

    public static string Bytes(long bytes) =>
        bytes switch
        {
            >= 1 << 30 => FormattableString.Invariant($"{bytes / (double)(1 << 30):F1} GiB"),
            >= 1 << 20 => FormattableString.Invariant($"{bytes / (double)(1 << 20):F1} MiB"),
            >= 1 << 10 => FormattableString.Invariant($"{bytes / (double)(1 << 10):F1} KiB"),
            _ => FormattableString.Invariant($"{bytes} bytes"),
        };
}
