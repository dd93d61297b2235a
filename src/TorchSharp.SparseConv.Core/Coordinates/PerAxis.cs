using System.Collections;
using System.Runtime.CompilerServices;

namespace TorchSharp.SparseConv;

/// <summary>
/// One integer per axis, for 1 to 4 axes; a single value stands for every axis where one is expected.
/// </summary>
[CollectionBuilder(typeof(PerAxis), nameof(Create))]
public readonly struct PerAxis : IEquatable<PerAxis>, IReadOnlyList<int>
{
    /// <summary>The largest number of axes, 4.</summary>
    public const int MaxCount = 4;

    private readonly Values _values;
    private readonly int _count;

    /// <summary>
    /// Takes 1 to 4 values, the first axis first; throws ArgumentException for any other number of them.
    /// </summary>
    public PerAxis(params ReadOnlySpan<int> values)
    {
        if (values.Length is < 1 or > MaxCount)
        {
            throw new ArgumentException($"{values.Length} values were given, must be 1 to {MaxCount}.", nameof(values));
        }

        values.CopyTo(_values);
        _count = values.Length;
    }

    /// <summary>The number of values, 1 to 4. It is 0 only for <c>default</c>, which every method refuses.</summary>
    public int Count => _count;

    /// <summary>The value of an axis, counted from 0; throws ArgumentOutOfRangeException past the end.</summary>
    public int this[int axis]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(axis);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(axis, _count);
            return _values[axis];
        }
    }

    /// <summary>
    /// Takes 1 to 4 values, the first axis first; the collection expression <c>[2, 2, 1]</c> calls it.
    /// </summary>
    public static PerAxis Create(ReadOnlySpan<int> values) => new(values);

    /// <summary>The same value on each of <paramref name="dimensions"/> axes (1 to 4).</summary>
    public static PerAxis Repeat(int value, int dimensions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimensions, MaxCount);
        Span<int> values = stackalloc int[dimensions];
        values.Fill(value);
        return new PerAxis(values);
    }

    /// <summary>
    /// The values for exactly <paramref name="dimensions"/> axes, with a single value repeated. Throws
    /// ArgumentException about the argument called <paramref name="name"/> when the number of values is neither 1 nor
    /// <paramref name="dimensions"/>.
    /// </summary>
    public PerAxis Expand(int dimensions, string name = "value")
    {
        if (_count == dimensions)
        {
            return this;
        }

        if (_count != 1)
        {
            throw new ArgumentException($"{name} is {this}, must have one value or {dimensions}.", name);
        }

        return Repeat(_values[0], dimensions);
    }

    /// <summary>
    /// Writes the values to the front of <paramref name="destination"/>; throws ArgumentException when it is too short.
    /// </summary>
    public void CopyTo(Span<int> destination) => ((ReadOnlySpan<int>)_values)[.._count].CopyTo(destination);

    /// <summary>
    /// Whether both have the same number of values and the same values; a single value does not equal its expansion.
    /// </summary>
    public bool Equals(PerAxis other) =>
        _count == other._count && ((ReadOnlySpan<int>)_values).SequenceEqual(other._values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PerAxis other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_count, _values[0], _values[1], _values[2], _values[3]);

    /// <summary>The values in parentheses, <c>(2, 2, 2)</c>.</summary>
    public override string ToString() => $"({string.Join(", ", this)})";

    /// <summary>The values, first axis first.</summary>
    public IEnumerator<int> GetEnumerator()
    {
        for (var axis = 0; axis < _count; axis++)
        {
            yield return _values[axis];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Whether both have the same number of values and the same values.</summary>
    public static bool operator ==(PerAxis left, PerAxis right) => left.Equals(right);

    /// <summary>Whether the number of values or one of them differs.</summary>
    public static bool operator !=(PerAxis left, PerAxis right) => !left.Equals(right);

    /// <summary>One value, which stands for every axis.</summary>
    public static implicit operator PerAxis(int value) => new([value]);

    /// <summary>One value for each of 2 axes.</summary>
    public static implicit operator PerAxis((int, int) values) => new([values.Item1, values.Item2]);

    /// <summary>One value for each of 3 axes.</summary>
    public static implicit operator PerAxis((int, int, int) values) => new([values.Item1, values.Item2, values.Item3]);

    /// <summary>One value for each of 4 axes.</summary>
    public static implicit operator PerAxis((int, int, int, int) values) =>
        new([values.Item1, values.Item2, values.Item3, values.Item4]);

    // Unused entries are 0, so that equality and the hash may look at all of them.
    [InlineArray(MaxCount)]
    private struct Values
    {
        private int _first;
    }
}
