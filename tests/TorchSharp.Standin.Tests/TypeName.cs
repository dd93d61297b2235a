namespace TorchSharp.Standin.Tests;

/// <summary>Types as torchsharp-0.107-api.txt writes them.</summary>
internal static class TypeName
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(short)] = "short",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(uint)] = "uint",
        [typeof(ulong)] = "ulong",
        [typeof(nint)] = "nint",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(char)] = "char",
        [typeof(string)] = "string",
        [typeof(object)] = "object",
    };

    internal static string Of(Type type)
    {
        if (Keywords.TryGetValue(type, out var keyword))
        {
            return keyword;
        }
        if (type.IsArray)
        {
            return $"{Of(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        }
        if (type.IsGenericParameter)
        {
            return type.Name;
        }
        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Of(underlying) + "?";
        }
        if (
            type.IsGenericType
            && type.FullName is { } name
            && name.StartsWith("System.ValueTuple`", StringComparison.Ordinal)
        )
        {
            return $"({string.Join(", ", type.GetGenericArguments().Select(Of))})";
        }
        return Qualified(type, type.GetGenericArguments());
    }

    /// <summary>A name with its namespace and outer types, each with the generic arguments that are its own.</summary>
    private static string Qualified(Type type, Type[] arguments)
    {
        var outer = type.DeclaringType;
        var taken = outer?.GetGenericArguments().Length ?? 0;
        var prefix = outer is null ? type.Namespace : Qualified(outer, arguments[..taken]);
        var tick = type.Name.IndexOf('`', StringComparison.Ordinal);
        var name = tick < 0 ? type.Name : type.Name[..tick];
        var own = arguments[taken..];
        return $"{prefix}.{name}" + (own.Length == 0 ? "" : $"<{string.Join(", ", own.Select(Of))}>");
    }
}
