using System.Numerics;

namespace TorchSharp.SparseConv.Data;

/// <summary>The types of numbers in files and arrays.</summary>
public enum NumberType
{
    /// <summary>8 bits, signed.</summary>
    Int8,

    /// <summary>8 bits, unsigned.</summary>
    UInt8,

    /// <summary>16 bits, signed.</summary>
    Int16,

    /// <summary>16 bits, unsigned.</summary>
    UInt16,

    /// <summary>32 bits, signed.</summary>
    Int32,

    /// <summary>32 bits, unsigned.</summary>
    UInt32,

    /// <summary>64 bits, signed.</summary>
    Int64,

    /// <summary>64 bits, unsigned.</summary>
    UInt64,

    /// <summary>IEEE 754, 32 bits.</summary>
    Float32,

    /// <summary>IEEE 754, 64 bits.</summary>
    Float64,
}

// The only place that maps a NumberType to a C# type.
internal static class NumberTypes
{
    public static int Size(NumberType type) =>
        type switch
        {
            NumberType.Int8 or NumberType.UInt8 => 1,
            NumberType.Int16 or NumberType.UInt16 => 2,
            NumberType.Int32 or NumberType.UInt32 or NumberType.Float32 => 4,
            NumberType.Int64 or NumberType.UInt64 or NumberType.Float64 => 8,
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "is no number type"),
        };

    public static bool IsInteger(NumberType type) => type is not (NumberType.Float32 or NumberType.Float64);

    public static NumberType Of<T>()
        where T : unmanaged => Of(typeof(T)) ?? throw new NotSupportedException($"{typeof(T)} is no number type");

    // Compares the exact element type, because the runtime accepts a byte[] as an sbyte[] and an array of enums as an
    // int[].
    public static NumberType? Of(Type element) =>
        element.IsEnum
            ? null
            : Type.GetTypeCode(element) switch
            {
                TypeCode.SByte => NumberType.Int8,
                TypeCode.Byte => NumberType.UInt8,
                TypeCode.Int16 => NumberType.Int16,
                TypeCode.UInt16 => NumberType.UInt16,
                TypeCode.Int32 => NumberType.Int32,
                TypeCode.UInt32 => NumberType.UInt32,
                TypeCode.Int64 => NumberType.Int64,
                TypeCode.UInt64 => NumberType.UInt64,
                TypeCode.Single => NumberType.Float32,
                TypeCode.Double => NumberType.Float64,
                _ => null,
            };

    public static Array NewArray(NumberType type, int length) =>
        type switch
        {
            NumberType.Int8 => new sbyte[length],
            NumberType.UInt8 => new byte[length],
            NumberType.Int16 => new short[length],
            NumberType.UInt16 => new ushort[length],
            NumberType.Int32 => new int[length],
            NumberType.UInt32 => new uint[length],
            NumberType.Int64 => new long[length],
            NumberType.UInt64 => new ulong[length],
            NumberType.Float32 => new float[length],
            NumberType.Float64 => new double[length],
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "is no number type"),
        };

    public static TResult Visit<TVisitor, TResult>(Array values, TVisitor visitor)
        where TVisitor : INumberVisitor<TResult> =>
        Of(values.GetType().GetElementType()!) switch
        {
            NumberType.Int8 => visitor.Visit((sbyte[])values),
            NumberType.UInt8 => visitor.Visit((byte[])values),
            NumberType.Int16 => visitor.Visit((short[])values),
            NumberType.UInt16 => visitor.Visit((ushort[])values),
            NumberType.Int32 => visitor.Visit((int[])values),
            NumberType.UInt32 => visitor.Visit((uint[])values),
            NumberType.Int64 => visitor.Visit((long[])values),
            NumberType.UInt64 => visitor.Visit((ulong[])values),
            NumberType.Float32 => visitor.Visit((float[])values),
            NumberType.Float64 => visitor.Visit((double[])values),
            _ => throw new NotSupportedException($"{values.GetType()} is no array of numbers"),
        };

    public static TTo[] Convert<TTo>(Array values)
        where TTo : unmanaged, INumber<TTo> =>
        values.GetType() == typeof(TTo[]) ? (TTo[])values : Visit<NearestConversion<TTo>, TTo[]>(values, default);

    // Converts to another type; returns null if a number does not fit the type exactly.
    public static TTo[]? ConvertExactly<TTo>(Array values, out int firstMisfit)
        where TTo : unmanaged, INumber<TTo>
    {
        firstMisfit = -1;
        if (values.GetType() == typeof(TTo[]))
        {
            return (TTo[])values;
        }
        var result = Visit<ExactConversion<TTo>, (TTo[] Values, int Misfit)>(values, default);
        firstMisfit = result.Misfit;
        return result.Misfit < 0 ? result.Values : null;
    }

    public static Array Convert(Array values, NumberType to) =>
        Visit<NearestTo, Array>(NewArray(to, 0), new NearestTo(values));

    public static Array? ConvertExactly(Array values, NumberType to) =>
        Visit<ExactlyTo, Array?>(NewArray(to, 0), new ExactlyTo(values));

    // These visit an empty array of the target type.
    private readonly struct NearestTo(Array from) : INumberVisitor<Array>
    {
        public Array Visit<T>(T[] values)
            where T : unmanaged, INumber<T>, IMinMaxValue<T> => Convert<T>(from);
    }

    private readonly struct ExactlyTo(Array from) : INumberVisitor<Array?>
    {
        public Array? Visit<T>(T[] values)
            where T : unmanaged, INumber<T>, IMinMaxValue<T> => ConvertExactly<T>(from, out _);
    }

    private readonly struct NearestConversion<TTo> : INumberVisitor<TTo[]>
        where TTo : unmanaged, INumber<TTo>
    {
        public TTo[] Visit<T>(T[] values)
            where T : unmanaged, INumber<T>, IMinMaxValue<T>
        {
            var result = new TTo[values.Length];
            for (var i = 0; i < values.Length; i++)
            {
                result[i] = TTo.CreateSaturating(values[i]);
            }
            return result;
        }
    }

    private readonly struct ExactConversion<TTo> : INumberVisitor<(TTo[] Values, int Misfit)>
        where TTo : unmanaged, INumber<TTo>
    {
        public (TTo[] Values, int Misfit) Visit<T>(T[] values)
            where T : unmanaged, INumber<T>, IMinMaxValue<T>
        {
            var result = new TTo[values.Length];
            var i = 0;
            try
            {
                for (; i < values.Length; i++)
                {
                    result[i] = TTo.CreateChecked(values[i]);
                    if (!T.IsNaN(values[i]) && T.CreateChecked(result[i]) != values[i])
                    {
                        return (result, i);
                    }
                }
            }
            catch (OverflowException)
            {
                return (result, i);
            }
            return (result, -1);
        }
    }
}

// An operation on numbers whose type is known only at run time, written once for all types.
internal interface INumberVisitor<out TResult>
{
    TResult Visit<T>(T[] values)
        where T : unmanaged, INumber<T>, IMinMaxValue<T>;
}
