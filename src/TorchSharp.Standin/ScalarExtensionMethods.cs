using System.Numerics;

namespace TorchSharp;

public static class ScalarExtensionMethods
{
    public static Scalar ToScalar(this byte value) => new((long)value, torch.ScalarType.Int64);

    public static Scalar ToScalar(this sbyte value) => new((long)value, torch.ScalarType.Int64);

    public static Scalar ToScalar(this short value) => new((long)value, torch.ScalarType.Int64);

    public static Scalar ToScalar(this int value) => new((long)value, torch.ScalarType.Int64);

    public static Scalar ToScalar(this long value) => new(value, torch.ScalarType.Int64);

    public static Scalar ToScalar(this Half value) => new((double)value, torch.ScalarType.Float64);

    public static Scalar ToScalar(this BFloat16 value) => new((double)value, torch.ScalarType.Float64);

    public static Scalar ToScalar(this float value) => new((double)value, torch.ScalarType.Float64);

    public static Scalar ToScalar(this double value) => new(value, torch.ScalarType.Float64);

    public static Scalar ToScalar(this bool value) => new(value, torch.ScalarType.Bool);

    public static Scalar ToScalar(this (float, float) value) =>
        new(new Complex(value.Item1, value.Item2), torch.ScalarType.ComplexFloat64);

    public static Scalar ToScalar(this Complex value) => new(value, torch.ScalarType.ComplexFloat64);

    public static Scalar ToBFloat16Scalar(this float value) => new BFloat16(value).ToScalar();

    public static Half ToHalf(this Scalar value) => (Half)value.ToDouble();

    public static BFloat16 ToBFloat16(this Scalar value) => new((float)value.ToDouble());

    public static float ToSingle(this Scalar value) => (float)value.ToDouble();

    public static double ToDouble(this Scalar value) =>
        value.Value switch
        {
            double real => real,
            long integer => integer,
            bool flag => flag ? 1 : 0,
            _ => ((Complex)value.Value).Real,
        };

    public static sbyte ToSByte(this Scalar value) => checked((sbyte)value.ToInt64());

    public static byte ToByte(this Scalar value) => checked((byte)value.ToInt64());

    public static short ToInt16(this Scalar value) => checked((short)value.ToInt64());

    public static int ToInt32(this Scalar value) => checked((int)value.ToInt64());

    public static long ToInt64(this Scalar value) =>
        value.Value is long integer ? integer : checked((long)value.ToDouble());

    public static bool ToBoolean(this Scalar value) =>
        value.Value is Complex complex ? complex != 0 : value.ToDouble() != 0;

    public static (float Real, float Imaginary) ToComplexFloat32(this Scalar value)
    {
        var complex = value.ToComplexFloat64();
        return ((float)complex.Real, (float)complex.Imaginary);
    }

    public static Complex ToComplexFloat64(this Scalar value) =>
        value.Value is Complex complex ? complex : value.ToDouble();
}
