using System.Globalization;
using System.Text;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>A summary as text in columns.</summary>
internal static class SummaryTable
{
    private const string Gap = "  ";

    private static readonly string[] Units = ["", " K", " M", " G", " T", " P"];

    private static readonly string[] ByteUnits = [" B", " KiB", " MiB", " GiB", " TiB", " PiB"];

    internal static string Of(ModelSummary summary)
    {
        string[] heads =
        [
            "layer",
            "kind",
            "kernel",
            "stride",
            "sites",
            "channels",
            "pairs",
            "parameters",
            "multiply-adds",
            "features",
            "rulebook",
        ];
        string[][] layers = [.. summary.Rows.Select(row => Line(summary, row))];
        string[][] totals = [.. summary.Levels.Select(level => Line("level", level)), Line("total", summary.Total)];
        var widths = heads
            .Select((head, i) => layers.Concat(totals).Append(heads).Max(line => line[i].Length))
            .ToArray();
        var rule = new string('-', widths.Sum() + (Gap.Length * (widths.Length - 1)));
        var text = new StringBuilder().Append(summary.Name).Append(" on ").AppendLine(summary.Input);
        Append(text, heads, widths).AppendLine(rule);
        foreach (var line in layers)
        {
            Append(text, line, widths);
        }

        text.AppendLine(rule);
        foreach (var line in totals)
        {
            Append(text, line, widths);
        }

        return text.ToString();
    }

    /// <summary>Such as "3x3x3 /2 +1": shape, stride, padding and dilation where they are not 1, 0 and 1.</summary>
    internal static string Kernel(KernelGeometry geometry)
    {
        var text = new StringBuilder();
        text.Append(geometry.Shape == geometry.Size ? Axes(geometry.Size) : geometry.Shape.ToString());
        if (geometry.Stride.Any(stride => stride != 1))
        {
            text.Append(" /").Append(Axes(geometry.Stride));
        }

        if (geometry.Stride.Any(stride => stride != 1) && geometry.Padding.Any(padding => padding != 0))
        {
            text.Append(" +").Append(Axes(geometry.Padding));
        }

        if (geometry.Dilation.Any(dilation => dilation != 1))
        {
            text.Append(" *").Append(Axes(geometry.Dilation));
        }

        return text.ToString();
    }

    private static string[] Line(ModelSummary summary, SummaryRow row) =>
        [
            row.Path.Length > 0 ? row.Path : summary.Name,
            row.Kind,
            row.Kernel,
            row.Stride is { } stride ? Axes(stride) : "",
            Count(row.Sites),
            Count(row.Channels),
            Count(row.Pairs),
            Count(row.Parameters),
            Rounded(row.MultiplyAdds, 1000, Units),
            Rounded(row.FeatureBytes, 1024, ByteUnits),
            Rounded(row.RulebookBytes, 1024, ByteUnits),
        ];

    private static string[] Line(string name, SummaryTotal total) =>
        [
            name,
            total.Layers == 1 ? "1 layer" : $"{total.Layers} layers",
            "",
            total.Stride is { } stride ? Axes(stride) : "",
            Count(total.Sites),
            "",
            Count(total.Pairs),
            Count(total.Parameters),
            Rounded(total.MultiplyAdds, 1000, Units),
            Rounded(total.FeatureBytes, 1024, ByteUnits),
            Rounded(total.RulebookBytes, 1024, ByteUnits),
        ];

    // Words to the left, numbers to the right.
    private static StringBuilder Append(StringBuilder text, string[] line, int[] widths)
    {
        const int Words = 4;
        var cells = line.Select((cell, i) => i < Words ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i]));
        return text.AppendLine(string.Join(Gap, cells).TrimEnd());
    }

    // One number where all axes agree, as in constructors.
    private static string Axes(PerAxis values) =>
        values.Distinct().Count() == 1 ? Invariant($"{values[0]}") : string.Join('x', values);

    private static string Count(long value) => value == 0 ? "" : Invariant($"{value:N0}");

    private static string Rounded(long value, double step, string[] units)
    {
        var (scaled, unit) = ((double)value, 0);
        while (scaled >= step && unit < units.Length - 1)
        {
            scaled /= step;
            unit++;
        }

        return value == 0 ? ""
            : unit == 0 ? Invariant($"{value}{units[0]}")
            : Invariant($"{scaled:0.0}{units[unit]}");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
