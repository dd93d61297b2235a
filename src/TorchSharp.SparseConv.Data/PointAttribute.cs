namespace TorchSharp.SparseConv.Data;

/// <summary>
/// A named attribute of every point with one number or several, such as the three channels of a colour.
/// </summary>
public sealed class PointAttribute
{
    /// <summary>The strength of the return.</summary>
    public const string Intensity = "intensity";

    /// <summary>The class of the point, an integer.</summary>
    public const string Label = "label";

    /// <summary>The class that a network predicted, an integer.</summary>
    public const string Prediction = "prediction";

    /// <summary>Red, green, blue and optionally alpha, with 8 or 16 bits each, as in the file.</summary>
    public const string Color = "color";

    /// <summary>The normal of the surface, three components.</summary>
    public const string Normal = "normal";

    /// <summary>
    /// Makes an attribute with <paramref name="components"/> numbers for each point, the values of the first point
    /// first. The values are kept, not copied.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The name is empty or contains white space, or the number of values is not a multiple of the components.
    /// </exception>
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

    /// <summary>The name of the attribute, unique in a cloud.</summary>
    public string Name { get; }

    /// <summary>The number of points.</summary>
    public int Count { get; }

    /// <summary>The number of values of each point.</summary>
    public int Components { get; }

    /// <summary>The type of the numbers.</summary>
    public NumberType Type => Values.Type;

    /// <summary>The values, of shape [points] for one component, else [points, components].</summary>
    public NumberArray Values { get; }

    internal static bool IsName(string name) => name.Length > 0 && !name.AsSpan().ContainsAny(" \t\r\n");

    /// <summary>The name, the type and the shape, such as color UInt8 (120, 3).</summary>
    public override string ToString() => $"{Name} {Values}";
}
