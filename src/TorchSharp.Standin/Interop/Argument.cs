using System.Numerics;

namespace TorchSharp.Interop;

/// <summary>One argument of an operator. It keeps alive what it refers to until the call is over.</summary>
internal readonly struct Argument
{
    internal readonly ValueKind Kind;
    internal readonly object? Reference;
    internal readonly long Bits;

    private Argument(ValueKind kind, object? reference = null, long bits = 0)
    {
        Kind = reference is null && IsReference(kind) ? ValueKind.None : kind;
        Reference = reference;
        Bits = bits;
    }

    /// <summary>The default that the operator's schema gives.</summary>
    internal static Argument Default => new(ValueKind.Default);

    internal static Argument None => default;

    /// <summary>Indices, where null stands for a full slice.</summary>
    internal static Argument Indices(torch.Tensor?[] tensors) => new(ValueKind.OptionalTensorList, tensors);

    /// <summary>A value for a parameter of floating point, whatever its own type.</summary>
    internal static Argument Real(Scalar? value) => value is null ? None : value.ToDouble();

    private static bool IsReference(ValueKind kind) =>
        kind is not (ValueKind.Default or ValueKind.Int or ValueKind.Double or ValueKind.Bool);

    public static implicit operator Argument(torch.Tensor? value) => new(ValueKind.Tensor, value);

    public static implicit operator Argument(torch.Tensor[]? value) => new(ValueKind.TensorList, value);

    public static implicit operator Argument(long value) => new(ValueKind.Int, null, value);

    public static implicit operator Argument(long? value) => value is { } some ? some : None;

    public static implicit operator Argument(long[]? value) => new(ValueKind.IntList, value);

    public static implicit operator Argument(double value) =>
        new(ValueKind.Double, null, BitConverter.DoubleToInt64Bits(value));

    public static implicit operator Argument(double? value) => value is { } some ? some : None;

    public static implicit operator Argument(double[]? value) => new(ValueKind.DoubleList, value);

    public static implicit operator Argument(bool value) => new(ValueKind.Bool, null, value ? 1 : 0);

    public static implicit operator Argument(bool? value) => value is { } some ? some : None;

    public static implicit operator Argument(torch.ScalarType value) => new(ValueKind.Int, null, (long)value);

    public static implicit operator Argument(torch.ScalarType? value) => value is { } some ? some : None;

    public static implicit operator Argument(torch.Device? value) => new(ValueKind.Device, value);

    public static implicit operator Argument(string? value) => new(ValueKind.String, value);

    public static implicit operator Argument(torch.Generator? value) => new(ValueKind.Generator, value);

    public static implicit operator Argument(Scalar? value) =>
        value?.Value switch
        {
            null => None,
            bool flag => flag,
            long integer => integer,
            double real => real,
            Complex complex => new(ValueKind.Complex, complex),
            var other => throw new InvalidOperationException($"A scalar of type {other.GetType()} is not supported."),
        };
}
