using System.Buffers.Binary;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace TorchSharp.SparseConv.Data;

/// <summary>A web page that shows one cloud in panels side by side, each coloured by labels of its own, under one camera; it needs no network and no server.</summary>
/// <remarks>Positions are rounded to 1/65535 of the cloud's extent along each axis: 2 mm in a scan of 130 m.</remarks>
public sealed partial class ViewerPage
{
    private const int Levels = ushort.MaxValue;

    private readonly List<(string Name, byte[] Labels)> _panels = [];
    private readonly PointCloud _cloud;
    private readonly IReadOnlyList<string> _classNames;
    private readonly IReadOnlyList<Rgb> _classColors;

    /// <summary>A page without panels yet.</summary>
    /// <exception cref="ArgumentException">There is not one colour for each name, or more than 256 classes.</exception>
    public ViewerPage(string title, PointCloud cloud, IReadOnlyList<string> classNames, IReadOnlyList<Rgb> classColors)
    {
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(cloud);
        ArgumentNullException.ThrowIfNull(classNames);
        ArgumentNullException.ThrowIfNull(classColors);
        if (classNames.Count != classColors.Count)
        {
            throw new ArgumentException(
                $"classColors has {classColors.Count} entries, must have one for each of the {classNames.Count} class names",
                nameof(classColors)
            );
        }
        if (classNames.Count > 256)
        {
            throw new ArgumentException(
                $"classNames has {classNames.Count} entries, at most 256 can be shown",
                nameof(classNames)
            );
        }
        Title = title;
        _cloud = cloud;
        _classNames = classNames;
        _classColors = classColors;
    }

    /// <summary>The page's heading.</summary>
    public string Title { get; }

    /// <summary>A line beside the heading.</summary>
    public string Subtitle { get; init; } = "";

    /// <summary>A class of the first panel at which no point counts as an error; null for none.</summary>
    public int? IgnoreLabel { get; init; }

    /// <summary>Adds a panel to the right of those there are; the first is what the others are compared with, usually the truth.</summary>
    /// <exception cref="ArgumentException"><paramref name="labels"/> has another length than the cloud, or a label is no class.</exception>
    public ViewerPage AddPanel(string name, ReadOnlySpan<int> labels)
    {
        ArgumentNullException.ThrowIfNull(name);
        LabelCheck.OnePerPoint(labels, _cloud.Count, _classNames.Count);
        var small = new byte[labels.Length];
        for (var i = 0; i < small.Length; i++)
        {
            small[i] = (byte)labels[i];
        }
        _panels.Add((name, small));
        return this;
    }

    /// <summary>Writes the page to a file, replacing what is there.</summary>
    /// <exception cref="InvalidOperationException">No panel was added.</exception>
    public void Save(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        CheckPanels();
        using var file = File.Create(path);
        Write(file);
    }

    /// <summary>Writes the page as UTF-8.</summary>
    /// <exception cref="InvalidOperationException">No panel was added.</exception>
    public void Write(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        CheckPanels();
        // The template is cut at its placeholders, so that what fills one is never searched for another.
        foreach (var part in Placeholder().Split(Resource("page.html")))
        {
            if (string.Equals(part, "{{scene}}", StringComparison.Ordinal))
            {
                WriteScene(stream);
                continue;
            }
            var text = part switch
            {
                "{{title}}" => WebUtility.HtmlEncode(Title),
                "{{subtitle}}" => WebUtility.HtmlEncode(Subtitle),
                "{{style}}" => Resource("style.css"),
                "{{script}}" => Resource("viewer.js"),
                "{{licence}}" => Resource("three.licence.txt"),
                _ => part,
            };
            stream.Write(Encoding.UTF8.GetBytes(text));
        }
    }

    // The JSON writer escapes <, so that no name can end the script element that holds the data.
    private void WriteScene(Stream stream)
    {
        var (origin, cell) = Box();
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteNumber("count", _cloud.Count);
        WriteNumbers(json, "origin", origin);
        WriteNumbers(json, "cell", cell);
        if (IgnoreLabel is { } ignore)
        {
            json.WriteNumber("ignore", ignore);
        }
        json.WriteStartArray("classes");
        for (var label = 0; label < _classNames.Count; label++)
        {
            json.WriteStartObject();
            json.WriteString("name", _classNames[label]);
            json.WriteString("color", _classColors[label].ToString());
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteBase64String("positions", Quantize(origin, cell));
        json.WriteStartArray("panels");
        foreach (var (name, labels) in _panels)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteBase64String("labels", labels);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    // The corner of the bounding box, and the size of one step of the 16-bit positions in it, metres.
    private (double[] Origin, double[] Cell) Box()
    {
        var (origin, cell) = (new double[3], new double[3]);
        for (var axis = 0; axis < 3 && _cloud.Count > 0; axis++)
        {
            var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
            for (var i = axis; i < _cloud.Positions.Length; i += 3)
            {
                low = Math.Min(low, _cloud.Positions[i]);
                high = Math.Max(high, _cloud.Positions[i]);
            }
            origin[axis] = low;
            cell[axis] = (high - low) / Levels;
        }
        return (origin, cell);
    }

    private byte[] Quantize(double[] origin, double[] cell)
    {
        var bytes = new byte[sizeof(ushort) * _cloud.Positions.Length];
        for (var i = 0; i < _cloud.Positions.Length; i++)
        {
            var axis = i % 3;
            var steps = cell[axis] > 0 ? Math.Round((_cloud.Positions[i] - origin[axis]) / cell[axis]) : 0;
            BinaryPrimitives.WriteUInt16LittleEndian(
                bytes.AsSpan(sizeof(ushort) * i),
                (ushort)Math.Clamp(steps, 0, Levels)
            );
        }
        return bytes;
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, double[] values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteNumberValue(value);
        }
        json.WriteEndArray();
    }

    private void CheckPanels()
    {
        if (_panels.Count == 0)
        {
            throw new InvalidOperationException("The page has no panel; add one with AddPanel.");
        }
    }

    private static string Resource(string name)
    {
        using var stream = typeof(ViewerPage).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"(?<name>\{\{[a-z]+\}\})", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();
}
