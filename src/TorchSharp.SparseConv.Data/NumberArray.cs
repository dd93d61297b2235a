namespace TorchSharp.SparseConv.Data;

/// <summary>
/// A dense array of numbers of one type with any number of axes, row-major: the last axis varies fastest. The values
/// are kept, not copied.
/// </summary>
public sealed class NumberArray
{
    private readonly int[] _shape;

    /// <summary>
    /// Takes a one-dimensional array of one of the types of <see cref="NumberType"/> and the size of each axis. Without
    /// any axis, the array is a single number.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The array has another type, a size is negative, or the product of the sizes is not the length of the array.
    /// </exception>
    public NumberArray(Array values, params ReadOnlySpan<int> shape)
    {
        ArgumentNullException.ThrowIfNull(values);
        var type = values.Rank == 1 ? NumberTypes.Of(values.GetType().GetElementType()!) : null;
        Type =
            type
            ?? throw new ArgumentException(
                $"values is {values.GetType()}, must be a one-dimensional array of numbers",
                nameof(values)
            );
        var count = 1L;
        foreach (var size in shape)
        {
            if (size < 0)
            {
                throw new ArgumentException(
                    $"shape is ({string.Join(", ", shape.ToArray())}), sizes must not be negative",
                    nameof(shape)
                );
            }
            count = Math.Min(count, int.MaxValue) * size;
        }
        if (count != values.Length)
        {
            throw new ArgumentException(
                $"values has {values.Length} entries, shape ({string.Join(", ", shape.ToArray())}) has {count}",
                nameof(values)
            );
        }
        Values = values;
        _shape = shape.ToArray();
    }

    /// <summary>The type of the numbers.</summary>
    public NumberType Type { get; }

    /// <summary>The size of each axis, the slowest first.</summary>
    public IReadOnlyList<int> Shape => _shape;

    /// <summary>The numbers: a one-dimensional array of the type <see cref="Type"/>.</summary>
    public Array Values { get; }

    /// <summary>The number of values.</summary>
    public int Count => Values.Length;

    /// <summary>Returns the numbers as an array of their own type, without copying.</summary>
    /// <exception cref="InvalidOperationException">The numbers have another type.</exception>
    public T[] As<T>()
        where T : unmanaged =>
        Values.GetType() == typeof(T[])
            ? (T[])Values
            : throw new InvalidOperationException($"the numbers are {Type}, asked for {typeof(T).Name}");

    /// <summary>
    /// Converts to the nearest 32-bit floats. Returns the array itself, not a copy, if it holds them already.
    /// </summary>
    public float[] ToSingle() => NumberTypes.Convert<float>(Values);

    /// <summary>
    /// Converts to the nearest 64-bit floats. Returns the array itself, not a copy, if it holds them already.
    /// </summary>
    public double[] ToDouble() => NumberTypes.Convert<double>(Values);

    /// <summary>Converts to 32-bit integers. Returns the array itself, not a copy, if it holds them already.</summary>
    /// <exception cref="InvalidOperationException">A number is not an integer or is out of range.</exception>
    public int[] ToInt32() =>
        NumberTypes.ConvertExactly<int>(Values, out var misfit)
        ?? throw new InvalidOperationException(
            $"entry {misfit} is {Values.GetValue(misfit)}, which is no 32-bit integer"
        );

    /// <summary>The type and the shape, such as Float32 (120, 3).</summary>
    public override string ToString() => $"{Type} ({string.Join(", ", _shape)})";
}
