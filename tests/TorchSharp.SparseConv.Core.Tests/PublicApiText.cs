using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Every public and protected member of an assembly, one line each, sorted by type; written by reflection.</summary>
internal static class PublicApiText
{
    private const BindingFlags Declared =
        BindingFlags.Public
        | BindingFlags.NonPublic
        | BindingFlags.Instance
        | BindingFlags.Static
        | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext Nullability = new();

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(nint)] = "nint",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
    };

    internal static string[] Of(Assembly assembly) =>
        [.. assembly.GetExportedTypes().Where(Named).OrderBy(Name, StringComparer.Ordinal).SelectMany(Lines)];

    private static IEnumerable<string> Lines(Type type)
    {
        yield return Header(type);
        IEnumerable<string> members = type.IsEnum
            ? type.GetFields(BindingFlags.Public | BindingFlags.Static)
                .Select(field =>
                    $"{field.Name} = {Convert.ToInt64(field.GetRawConstantValue(), CultureInfo.InvariantCulture)}"
                )
            : type.GetMembers(Declared).Select(Member).OfType<string>();
        foreach (var member in type.IsEnum ? members : members.Order(StringComparer.Ordinal))
            yield return "    " + member;
    }

    private static string Header(Type type)
    {
        var kind =
            type.IsEnum ? "enum"
            : type.IsInterface ? "interface"
            : typeof(Delegate).IsAssignableFrom(type) ? "delegate"
            : type.IsValueType ? (type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly struct" : "struct")
            : type is { IsAbstract: true, IsSealed: true } ? "static class"
            : type.IsSealed ? "sealed class"
            : type.IsAbstract ? "abstract class"
            : "class";
        var bases = type.IsEnum || typeof(Delegate).IsAssignableFrom(type) ? [] : Bases(type).ToArray();
        return $"{kind} {Name(type)}{(bases.Length > 0 ? " : " + string.Join(", ", bases) : "")}";
    }

    private static IEnumerable<string> Bases(Type type)
    {
        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType))
            yield return Name(parent);
        var inherited = type.BaseType?.GetInterfaces() ?? [];
        foreach (
            var name in type.GetInterfaces()
                .Except(inherited)
                .Where(one => one.IsVisible)
                .Select(Name)
                .Order(StringComparer.Ordinal)
        )
            yield return name;
    }

    private static string? Member(MemberInfo member) =>
        !Named(member) || member.IsDefined(typeof(CompilerGeneratedAttribute))
            ? null
            : member switch
            {
                ConstructorInfo made when Visible(made) =>
                    $"{Access(made)}{Name(made.DeclaringType!)}({Parameters(made)})",
                MethodInfo method when Visible(method) && (!method.IsSpecialName || IsOperator(method)) =>
                    $"{Access(method)}{Returned(method.ReturnParameter)} {method.Name}{Generics(method)}({Parameters(method)})",
                PropertyInfo property => Property(property),
                FieldInfo { IsPublic: true } or FieldInfo { IsFamily: true } => Field((FieldInfo)member),
                EventInfo one when one.AddMethod is { } add && Visible(add) =>
                    $"{Access(add)}event {Name(one.EventHandlerType!)} {one.Name}",
                _ => null,
            };

    private static string? Property(PropertyInfo property)
    {
        var visible = property.GetAccessors(nonPublic: true).Where(Visible).ToArray();
        if (visible.Length == 0)
            return null;
        var accessors = visible.Select(one =>
            one == property.GetMethod ? "get;"
            : IsInit(one) ? "init;"
            : "set;"
        );
        var index = property.GetIndexParameters();
        var name = index.Length == 0 ? property.Name : $"this[{string.Join(", ", index.Select(Parameter))}]";
        var type = Name(property.PropertyType) + Mark(property.PropertyType, Nullability.Create(property));
        return $"{Access(visible[0])}{type} {name} {{ {string.Join(" ", accessors)} }}";
    }

    private static string Field(FieldInfo field)
    {
        var kind =
            field.IsLiteral ? "const "
            : field.IsStatic ? "static "
            : "";
        var value = field.IsLiteral ? $" = {Literal(field.GetRawConstantValue())}" : "";
        return $"{kind}{Name(field.FieldType)} {field.Name}{value}";
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        var type = parameter.ParameterType;
        var passing =
            !type.IsByRef ? ""
            : parameter.IsOut ? "out "
            : parameter.IsIn ? "in "
            : "ref ";
        var many =
            parameter.IsDefined(typeof(ParamArrayAttribute)) || parameter.IsDefined(typeof(ParamCollectionAttribute))
                ? "params "
                : "";
        var standard = parameter.HasDefaultValue ? $" = {Default(parameter)}" : "";
        return $"{many}{passing}{Returned(parameter)} {parameter.Name}{standard}";
    }

    private static string Returned(ParameterInfo parameter)
    {
        var type = parameter.ParameterType is { IsByRef: true } reference
            ? reference.GetElementType()!
            : parameter.ParameterType;
        return Name(type) + Mark(type, Nullability.Create(parameter));
    }

    private static string Mark(Type type, NullabilityInfo nullability) =>
        !type.IsValueType && nullability.ReadState == NullabilityState.Nullable ? "?" : "";

    private static string Default(ParameterInfo parameter) =>
        parameter.RawDefaultValue is null
        && parameter.ParameterType.IsValueType
        && Nullable.GetUnderlyingType(parameter.ParameterType) is null
            ? "default"
            : Literal(parameter.RawDefaultValue);

    private static string Literal(object? value) =>
        value switch
        {
            null => "null",
            string text => $"\"{text}\"",
            bool flag => flag ? "true" : "false",
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString() ?? "",
        };

    private static string Generics(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "";

    private static string Name(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } value)
            return Name(value) + "?";
        if (type.IsArray)
            return $"{Name(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        if (type.IsPointer)
            return Name(type.GetElementType()!) + "*";
        if (Keywords.TryGetValue(type, out var keyword))
            return keyword;
        var name = type.IsNested && !type.IsGenericParameter ? $"{Name(type.DeclaringType!)}.{type.Name}" : type.Name;
        if (!type.IsGenericType)
            return name;
        return $"{name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
    }

    private static string Access(MethodBase method) =>
        (method.IsFamily || method.IsFamilyOrAssembly ? "protected " : "")
        + (method.IsStatic ? "static " : "")
        + (
            method is not MethodInfo { IsVirtual: true, IsFinal: false } made ? ""
            : made.GetBaseDefinition() != made ? "override "
            : made.IsAbstract ? "abstract "
            : "virtual "
        );

    private static bool Visible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsOperator(MethodInfo method) => method.Name.StartsWith("op_", StringComparison.Ordinal);

    private static bool IsInit(MethodInfo accessor) =>
        accessor.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));

    // What the compiler makes for itself has a name that C# cannot write.
    private static bool Named(MemberInfo member) => !member.Name.Contains('<', StringComparison.Ordinal);
}
