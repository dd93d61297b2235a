namespace TorchSharp.SparseConv.Data;

/// <summary>Names and colours of classes; a label is an index into both.</summary>
public sealed class ClassPalette
{
    // Colours that can be told apart on a dark and on a light background.
    private static readonly Rgb[] Distinct =
    [
        new(0x4c, 0x8d, 0xf5),
        new(0xf2, 0x8b, 0x30),
        new(0x3d, 0xb0, 0x5f),
        new(0xe0, 0x4b, 0x4f),
        new(0x9a, 0x6c, 0xe0),
        new(0x1f, 0xb5, 0xb8),
        new(0xe0, 0x6c, 0xb4),
        new(0xc2, 0xa1, 0x1a),
        new(0x9c, 0x71, 0x57),
        new(0x8a, 0x94, 0xa6),
    ];

    /// <summary>Makes a palette of at most 256 classes. Without colours, it chooses colours that differ.</summary>
    /// <exception cref="ArgumentException">
    /// The number of colours is not the number of names, there are more than 256 classes, or the ignored label is not a
    /// class.
    /// </exception>
    public ClassPalette(IReadOnlyList<string> names, IReadOnlyList<Rgb>? colors = null, int? ignoreLabel = null)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (names.Count > 256)
        {
            throw new ArgumentException($"names has {names.Count} entries, at most 256 can be shown", nameof(names));
        }
        if (colors is not null)
        {
            Checks.Length(colors.Count, names.Count, nameof(colors), "names", nameof(colors));
        }
        if (ignoreLabel < 0 || ignoreLabel >= names.Count)
        {
            throw new ArgumentException(
                $"ignoreLabel is {ignoreLabel}, must be a class from 0 to {names.Count - 1}",
                nameof(ignoreLabel)
            );
        }
        Names = [.. names];
        Colors = colors is null ? [.. names.Select((_, label) => ColorOf(label))] : [.. colors];
        IgnoreLabel = ignoreLabel;
    }

    /// <summary>The palette of the classes of a data set.</summary>
    public static ClassPalette Of(IPointCloudDataset dataset)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        var ignore = dataset.IgnoreLabel;
        var known = ignore >= 0 && ignore < dataset.ClassNames.Count;
        return new ClassPalette(dataset.ClassNames, dataset.ClassColors, known ? ignore : null);
    }

    /// <summary>The name of each class.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The colour of each class.</summary>
    public IReadOnlyList<Rgb> Colors { get; }

    /// <summary>The true class that is not scored, if any.</summary>
    public int? IgnoreLabel { get; }

    // After the chosen colours, hues follow in steps of the golden angle, so that none repeats.
    internal static Rgb ColorOf(int label)
    {
        if (label < Distinct.Length)
        {
            return Distinct[label];
        }
        var hue = label * 137.508 % 360 / 60;
        var value = label % 2 == 0 ? 0.9 : 0.7;
        byte Channel(double shift)
        {
            var k = (shift + hue) % 6;
            return (byte)Math.Round(255 * value * (1 - 0.65 * Math.Clamp(Math.Min(k, 4 - k), 0, 1)));
        }
        return new Rgb(Channel(5), Channel(3), Channel(1));
    }
}

/// <summary>A colour with 8 bits for each channel.</summary>
/// <param name="R">Red, 0 to 255.</param>
/// <param name="G">Green, 0 to 255.</param>
/// <param name="B">Blue, 0 to 255.</param>
public readonly record struct Rgb(byte R, byte G, byte B)
{
    /// <summary>The colour as CSS writes it, for example <c>#6496f5</c>.</summary>
    public override string ToString() => $"#{R:x2}{G:x2}{B:x2}";
}
