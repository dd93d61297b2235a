using System.Numerics;

namespace TorchSharp;

/// <summary>A number with its type. Unlike TorchSharp's it owns no native memory, so disposing it only marks it.</summary>
public sealed class Scalar : IDisposable
{
    private object? _value;

    internal Scalar(object value, torch.ScalarType type)
    {
        _value = value;
        Type = type;
    }

    public torch.ScalarType Type { get; }

    /// <summary>A boxed bool, long, double or complex number.</summary>
    internal object Value => _value ?? throw new InvalidOperationException("Scalar invalid -- empty handle.");

    public void Dispose() => _value = null;

    public static implicit operator Scalar(byte value) => value.ToScalar();

    public static implicit operator Scalar(sbyte value) => value.ToScalar();

    public static implicit operator Scalar(short value) => value.ToScalar();

    public static implicit operator Scalar(int value) => value.ToScalar();

    public static implicit operator Scalar(long value) => value.ToScalar();

    public static implicit operator Scalar(Half value) => value.ToScalar();

    public static implicit operator Scalar(BFloat16 value) => value.ToScalar();

    public static implicit operator Scalar(float value) => value.ToScalar();

    public static implicit operator Scalar(double value) => value.ToScalar();

    public static implicit operator Scalar(bool value) => value.ToScalar();

    public static implicit operator Scalar((float, float) value) => value.ToScalar();

    public static implicit operator Scalar(Complex value) => value.ToScalar();
}
