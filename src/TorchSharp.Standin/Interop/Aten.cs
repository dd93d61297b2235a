using System.Collections.Concurrent;
using System.Numerics;
using System.Text;

namespace TorchSharp.Interop;

/// <summary>
/// Calls any ATen operator by its schema name ("add.Tensor"). Arguments follow the schema's order, keyword-only ones
/// included; those left out at the end take the schema's defaults.
/// </summary>
internal static unsafe class Aten
{
    private const int StackWords = 64;

    private static readonly ConcurrentDictionary<string, nint> Operators = new(StringComparer.Ordinal);

    internal static torch.Tensor Call(string name, params ReadOnlySpan<Argument> arguments) =>
        ToTensor(Invoke(name, arguments)[0]);

    internal static (torch.Tensor, torch.Tensor) Call2(string name, params ReadOnlySpan<Argument> arguments)
    {
        var results = Invoke(name, arguments);
        return (ToTensor(results[0]), ToTensor(results[1]));
    }

    internal static (torch.Tensor, torch.Tensor, torch.Tensor) Call3(
        string name,
        params ReadOnlySpan<Argument> arguments
    )
    {
        var results = Invoke(name, arguments);
        return (ToTensor(results[0]), ToTensor(results[1]), ToTensor(results[2]));
    }

    internal static torch.Tensor[] CallList(string name, params ReadOnlySpan<Argument> arguments)
    {
        var results = Invoke(name, arguments);
        var tensors = new torch.Tensor[results.Length];
        for (var i = 0; i < tensors.Length; i++)
        {
            tensors[i] = ToTensor(results[i]);
        }
        return tensors;
    }

    internal static bool CallBool(string name, params ReadOnlySpan<Argument> arguments) =>
        Invoke(name, arguments)[0].Bits != 0;

    private static torch.Tensor ToTensor(NativeValue value) => new((nint)value.Bits);

    private static ReadOnlySpan<NativeValue> Invoke(string name, ReadOnlySpan<Argument> arguments)
    {
        var handle = Operators.GetOrAdd(name, Find);
        var words = 0;
        foreach (ref readonly var argument in arguments)
        {
            words += Words(argument);
        }
        Span<long> scratch = words <= StackWords ? stackalloc long[StackWords] : new long[words];
        Span<NativeValue> values = stackalloc NativeValue[arguments.Length];
        NativeValue* results;
        long count;
        fixed (long* memory = scratch)
        fixed (NativeValue* first = values)
        {
            var free = memory;
            for (var i = 0; i < arguments.Length; i++)
            {
                values[i] = Write(arguments[i], ref free);
            }
            Native.Check(Native.standin_call(handle, first, values.Length, &results, &count));
        }
        foreach (ref readonly var argument in arguments)
        {
            GC.KeepAlive(argument.Reference);
        }
        return new ReadOnlySpan<NativeValue>(results, checked((int)count));
    }

    private static nint Find(string name)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var (stem, overload) = dot < 0 ? (name, "") : (name[..dot], name[(dot + 1)..]);
        nint handle;
        Native.Check(Native.standin_operator("aten::" + stem, overload, &handle));
        return handle;
    }

    private static int Words(in Argument argument) =>
        argument.Reference switch
        {
            Array array => array.Length,
            string text => Encoding.UTF8.GetByteCount(text) / sizeof(long) + 1,
            Complex => 2,
            _ => 0,
        };

    /// <summary>Writes what an argument points to at <paramref name="free"/>, and moves it past that.</summary>
    private static NativeValue Write(in Argument argument, ref long* free)
    {
        var value = new NativeValue { Kind = argument.Kind, Bits = argument.Bits };
        switch (argument.Reference)
        {
            case null:
                return value;
            case torch.Tensor tensor:
                value.Bits = tensor.Handle;
                return value;
            case torch.Generator generator:
                value.Bits = generator.Handle;
                return value;
            case torch.Device device:
                value.Bits = ((long)device.type << 32) | unchecked((uint)device.index);
                return value;
        }
        value.Bits = (long)free;
        value.Length = WriteList(argument.Reference, free);
        free += Words(argument);
        return value;
    }

    private static int WriteList(object list, long* target)
    {
        switch (list)
        {
            case long[] integers:
                integers.CopyTo(new Span<long>(target, integers.Length));
                return integers.Length;
            case double[] reals:
                reals.CopyTo(new Span<double>(target, reals.Length));
                return reals.Length;
            case torch.Tensor?[] tensors:
                for (var i = 0; i < tensors.Length; i++)
                {
                    target[i] = tensors[i]?.Handle ?? 0;
                }
                return tensors.Length;
            case Complex complex:
                ((double*)target)[0] = complex.Real;
                ((double*)target)[1] = complex.Imaginary;
                return 2;
            default:
                var text = (string)list;
                return Encoding.UTF8.GetBytes(text, new Span<byte>(target, Words((Argument)text) * sizeof(long)));
        }
    }
}
