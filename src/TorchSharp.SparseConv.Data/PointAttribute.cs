namespace TorchSharp.SparseConv.Data;

/// <summary>A named property of every point: one number each, or several, such as the three channels of a colour.</summary>
public sealed class PointAttribute
{
    /// <summary>The strength of a return.</summary>
    public const string Intensity = "intensity";

    /// <summary>The class of a point, an integer.</summary>
    public const string Label = "label";

    /// <summary>The class that a network gave a point, an integer.</summary>
    public const string Prediction = "prediction";

    /// <summary>Red, green, blue and perhaps alpha, as the file has them: 8 bits each, or 16.</summary>
    public const string Color = "color";

    /// <summary>The direction of the surface, three components.</summary>
    public const string Normal = "normal";

    /// <summary>Names numbers of which each point has <paramref name="components"/>; the values of the first point come first. They are kept, not copied.</summary>
    /// <exception cref="ArgumentException">The name is empty or has white space in it, or the values are no whole number of points.</exception>
    public PointAttribute(string name, Array values, int components = 1)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfLessThan(components, 1);
        if (!IsName(name))
        {
            throw new ArgumentException($"name is \"{name}\", must have no white space in it", nameof(name));
        }
        if (values.Length % components != 0)
        {
            throw new ArgumentException(
                $"{name} has {values.Length} values, must be a multiple of its {components} components",
                nameof(values)
            );
        }
        Name = name;
        Count = values.Length / components;
        Components = components;
        Values = components == 1 ? new NumberArray(values, Count) : new NumberArray(values, Count, components);
    }

    /// <summary>What the attribute is called; unique in a cloud.</summary>
    public string Name { get; }

    /// <summary>The number of points.</summary>
    public int Count { get; }

    /// <summary>How many numbers each point has.</summary>
    public int Components { get; }

    /// <summary>The type of the numbers.</summary>
    public NumberType Type => Values.Type;

    /// <summary>The numbers: of shape [points] for one component, else [points, components].</summary>
    public NumberArray Values { get; }

    internal static bool IsName(string name) => name.Length > 0 && !name.AsSpan().ContainsAny(" \t\r\n");

    /// <summary>Name, type and shape, as color UInt8 (120, 3).</summary>
    public override string ToString() => $"{Name} {Values}";
}
