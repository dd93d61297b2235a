using System.Globalization;
using Spectre.Console;

namespace TorchSharp.SparseConv.Tool.Reports;

/// <summary>Tables and numbers as people read them.</summary>
internal static class Tables
{
    /// <summary>A table whose columns, but for the first ones, are numbers and stand right.</summary>
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

    /// <summary>Names and values, a line each; lines without a value are left out.</summary>
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

    public static string Percent(double? share) =>
        share is { } known
            ? (100 * known).ToString(known < 0.01 ? "G2" : "F1", CultureInfo.InvariantCulture) + " %"
            : "-";

    public static string Range(IReadOnlyList<double?> low, IReadOnlyList<double?> high) =>
        string.Join("  ", low.Zip(high, (from, to) => from is null ? "-" : $"{Number(from)} to {Number(to)}"));

    public static string Bytes(long bytes) =>
        bytes switch
        {
            >= 1 << 30 => FormattableString.Invariant($"{bytes / (double)(1 << 30):F1} GiB"),
            >= 1 << 20 => FormattableString.Invariant($"{bytes / (double)(1 << 20):F1} MiB"),
            >= 1 << 10 => FormattableString.Invariant($"{bytes / (double)(1 << 10):F1} KiB"),
            _ => FormattableString.Invariant($"{bytes} bytes"),
        };
}
