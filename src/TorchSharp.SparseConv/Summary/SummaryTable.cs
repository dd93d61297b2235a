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

/// <summary>
/// One call of one layer in a <see cref="ModelSummary"/>, or a module with parameters that was not called.
/// </summary>
public sealed class SummaryRow
{
    internal SummaryRow() { }

    /// <summary>
    /// The layer's name in the model's state_dict, without the parameter; empty for the model itself.
    /// </summary>
    public required string Path { get; init; }

    /// <summary>The layer's type.</summary>
    public required string Kind { get; init; }

    /// <summary>
    /// The kernel of a layer that has one: shape, stride, padding and dilation, where they differ from 1 and 0.
    /// </summary>
    public string Kernel { get; init; } = "";

    /// <summary>The stride of the level that the layer wrote, or null where it wrote none.</summary>
    public PerAxis? Stride { get; init; }

    /// <summary>The rows that the layer wrote: voxels, or scans.</summary>
    public long Sites { get; init; }

    /// <summary>The channels that the layer wrote.</summary>
    public long Channels { get; init; }

    /// <summary>The pairs of the layer's rulebook, 0 where it has none.</summary>
    public long Pairs { get; init; }

    /// <summary>The elements of the layer's own parameters; 0 for every further call of the same layer.</summary>
    public long Parameters { get; init; }

    /// <summary>
    /// Products that are added up: pairs * in * out / groups for a convolution, rows * in * out for a linear layer, one
    /// an element for a norm, 0 for others.
    /// </summary>
    public long MultiplyAdds { get; init; }

    /// <summary>The bytes of the features that the layer wrote.</summary>
    public long FeatureBytes { get; init; }

    /// <summary>The bytes of the layer's rulebook; 0 where an earlier row has the same one.</summary>
    public long RulebookBytes { get; init; }
}

/// <summary>The sums over the rows of one stride in a <see cref="ModelSummary"/>, or over all.</summary>
public sealed class SummaryTotal
{
    internal SummaryTotal(PerAxis? stride, IReadOnlyCollection<SummaryRow> rows)
    {
        Stride = stride;
        Layers = rows.Count;
        Sites = rows.Select(row => row.Sites).DefaultIfEmpty().Max();
        Pairs = rows.Sum(row => row.Pairs);
        Parameters = rows.Sum(row => row.Parameters);
        MultiplyAdds = rows.Sum(row => row.MultiplyAdds);
        FeatureBytes = rows.Sum(row => row.FeatureBytes);
        RulebookBytes = rows.Sum(row => row.RulebookBytes);
    }

    /// <summary>The stride of the level, or null for all levels and what has none.</summary>
    public PerAxis? Stride { get; }

    /// <summary>The number of rows.</summary>
    public int Layers { get; }

    /// <summary>The most rows that a layer wrote.</summary>
    public long Sites { get; }

    /// <summary>The pairs over all layers.</summary>
    public long Pairs { get; }

    /// <summary>The elements of all parameters.</summary>
    public long Parameters { get; }

    /// <summary>The multiply-adds of one forward pass.</summary>
    public long MultiplyAdds { get; }

    /// <summary>The bytes of all features, which a training step holds until backward.</summary>
    public long FeatureBytes { get; }

    /// <summary>The bytes of all rulebooks, each counted once.</summary>
    public long RulebookBytes { get; }
}
