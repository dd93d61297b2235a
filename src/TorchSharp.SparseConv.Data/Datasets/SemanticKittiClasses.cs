namespace TorchSharp.SparseConv.Data;

/// <summary>
/// The classes of SemanticKITTI's single-scan task: 0 is unlabelled and ignored, 1 to 19 are learned.
/// </summary>
public static class SemanticKittiClasses
{
    /// <summary>The number of classes, including the ignored one.</summary>
    public const int Count = 20;

    /// <summary>The class of points that are neither learned nor scored.</summary>
    public const int Unlabeled = 0;

    // The name, the usual colour, the raw id that is written for the class, and the other raw ids that are read as it.
    private static readonly (string Name, Rgb Color, int RawId, int[] Others)[] Table =
    [
        ("unlabeled", new(0, 0, 0), 0, [1, 52, 99]),
        ("car", new(100, 150, 245), 10, [252]),
        ("bicycle", new(100, 230, 245), 11, []),
        ("motorcycle", new(30, 60, 150), 15, []),
        ("truck", new(80, 30, 180), 18, [258]),
        ("other-vehicle", new(0, 0, 255), 20, [13, 16, 256, 257, 259]),
        ("person", new(255, 30, 30), 30, [254]),
        ("bicyclist", new(255, 40, 200), 31, [253]),
        ("motorcyclist", new(150, 30, 90), 32, [255]),
        ("road", new(255, 0, 255), 40, [60]),
        ("parking", new(255, 150, 255), 44, []),
        ("sidewalk", new(75, 0, 75), 48, []),
        ("other-ground", new(175, 0, 75), 49, []),
        ("building", new(255, 200, 0), 50, []),
        ("fence", new(255, 120, 50), 51, []),
        ("vegetation", new(0, 175, 0), 70, []),
        ("trunk", new(135, 60, 0), 71, []),
        ("terrain", new(150, 240, 80), 72, []),
        ("pole", new(255, 240, 150), 80, []),
        ("traffic-sign", new(255, 0, 0), 81, []),
    ];

    /// <summary>The name of each class.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Table.Select(row => row.Name)];

    /// <summary>The colour that the data set uses for each class.</summary>
    public static IReadOnlyList<Rgb> Colors { get; } = [.. Table.Select(row => row.Color)];

    /// <summary>The names and colours of the classes and the ignored class.</summary>
    public static ClassPalette Palette { get; } = new(Names, Colors, Unlabeled);

    /// <summary>The standard learning map from raw label ids to classes 0 to 19.</summary>
    public static IReadOnlyDictionary<int, int> LearningMap { get; } =
        Table
            .SelectMany((row, label) => row.Others.Prepend(row.RawId).Select(raw => (raw, label)))
            .ToDictionary(pair => pair.raw, pair => pair.label);

    private static readonly int[] ClassOfRawId = BuildClassOfRawId();

    /// <summary>The raw label id that is written for a class.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="label"/> is not a class from 0 to 19.</exception>
    public static int RawId(int label) =>
        label is >= 0 and < Count
            ? Table[label].RawId
            : throw new ArgumentOutOfRangeException(nameof(label), label, "must be a class from 0 to 19");

    /// <summary>Finds the class of a raw label id. Returns false if the data set does not define the id.</summary>
    public static bool TryMap(int rawId, out int label)
    {
        label = rawId >= 0 && rawId < ClassOfRawId.Length ? ClassOfRawId[rawId] : -1;
        return label >= 0;
    }

    private static int[] BuildClassOfRawId()
    {
        var table = new int[LearningMap.Keys.Max() + 1];
        Array.Fill(table, -1);
        foreach (var (raw, label) in LearningMap)
        {
            table[raw] = label;
        }
        return table;
    }
}
