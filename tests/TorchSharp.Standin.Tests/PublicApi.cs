using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace TorchSharp.Standin.Tests;

/// <summary>The public surface of an assembly, one member a line, in the format of torchsharp-0.107-api.txt.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared =
        BindingFlags.Public
        | BindingFlags.NonPublic
        | BindingFlags.Instance
        | BindingFlags.Static
        | BindingFlags.DeclaredOnly;

    internal static IEnumerable<string> Lines(Assembly assembly) =>
        assembly.GetTypes().Where(IsVisible).SelectMany(Lines);

    /// <summary>The names of the elements of every tuple that is returned, which the lines leave out.</summary>
    internal static IEnumerable<string> TupleNames(Assembly assembly) =>
        from type in assembly.GetTypes()
        where IsVisible(type)
        from method in type.GetMethods(Declared)
        let names = method.ReturnParameter.GetCustomAttribute<TupleElementNamesAttribute>()
        where IsVisible(method) && names is not null
        select $"{TypeName.Of(type)}.{method.Name} ({Parameters(method)}) : {string.Join(", ", names.TransformNames)}";

    private static IEnumerable<string> Lines(Type type)
    {
        var name = TypeName.Of(type);
        yield return $"{name} : TYPE {Kind(type)} {Bases(type)}{Constraints(type.GetGenericArguments(), type)}";
        if (type.IsEnum)
        {
            foreach (var value in Enum.GetNames(type))
            {
                yield return $"{name}.{value} : ENUM {Convert.ToInt64(Enum.Parse(type, value), CultureInfo.InvariantCulture)}";
            }
            yield break;
        }
        if (typeof(Delegate).IsAssignableFrom(type))
        {
            var invoke = type.GetMethod("Invoke")!;
            yield return $"{name}.Invoke : DELEGATE {TypeName.Of(invoke.ReturnType)} ({Parameters(invoke)})";
            yield break;
        }
        foreach (var member in type.GetMembers(Declared))
        {
            if (Line(member) is { } line)
            {
                yield return $"{name}.{line}";
            }
        }
    }

    private static string? Line(MemberInfo member) =>
        member switch
        {
            ConstructorInfo { IsStatic: false } constructor when IsVisible(constructor) =>
                $".ctor : CTOR {Access(constructor)} ({Parameters(constructor)}){Obsolete(constructor)}",
            FieldInfo field when field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly => Line(field),
            PropertyInfo property when property.GetAccessors(nonPublic: true).Any(IsVisible) => Line(property),
            MethodInfo method when IsVisible(method) && (!method.IsSpecialName || IsOperator(method)) =>
                $"{method.Name}{MethodArguments(method)} : METHOD {Access(method)}{Modifiers(method)} "
                    + $"{TypeName.Of(method.ReturnType)} ({Parameters(method)})"
                    + Constraints(method.GetGenericArguments(), declaring: null)
                    + Obsolete(method),
            _ => null,
        };

    private static string Line(FieldInfo field)
    {
        var access = field.IsPublic ? "public" : "protected";
        var modifier =
            field.IsLiteral ? " const"
            : !field.IsStatic ? (field.IsInitOnly ? " readonly" : "")
            : field.IsInitOnly ? " static readonly"
            : " static";
        var value = field.IsLiteral ? $" = {Literal(field.GetRawConstantValue(), field.FieldType)}" : "";
        return $"{field.Name} : FIELD {access}{modifier} {TypeName.Of(field.FieldType)}{value}{Obsolete(field)}";
    }

    private static string Line(PropertyInfo property)
    {
        var accessors = property.GetAccessors(nonPublic: true).Where(IsVisible).ToArray();
        var widest = accessors.FirstOrDefault(accessor => accessor.IsPublic) ?? accessors[0];
        var list = string.Concat(
            new[] { (property.GetMethod, "get; "), (property.SetMethod, "set; ") }
                .Where(pair => pair.Item1 is not null && IsVisible(pair.Item1))
                .Select(pair => (pair.Item1!.IsPublic || !widest.IsPublic ? "" : "protected ") + pair.Item2)
        );
        var indexed = property.GetIndexParameters();
        var name = indexed.Length > 0 ? "this" : property.Name;
        var index = indexed.Length > 0 ? $" [{string.Join(", ", indexed.Select(Parameter))}]" : "";
        return $"{name} : PROPERTY {Access(widest)}{Modifiers(widest)} {TypeName.Of(property.PropertyType)}{index} {{ {list}}}"
            + Obsolete(property);
    }

    private static string Kind(Type type) =>
        typeof(Delegate).IsAssignableFrom(type) ? "delegate"
        : type.IsEnum ? "enum"
        : type.IsValueType ? "struct"
        : type.IsInterface ? "interface"
        : type is { IsAbstract: true, IsSealed: true } ? "static class"
        : type.IsAbstract ? "abstract class"
        : type.IsSealed ? "sealed class"
        : "class";

    private static string Bases(Type type)
    {
        if (type.IsEnum)
        {
            return "";
        }
        var bases = type.GetInterfaces().Where(IsVisible).Select(TypeName.Of).Order(StringComparer.Ordinal).ToList();
        if (
            type.BaseType is { } parent
            && parent != typeof(object)
            && parent != typeof(ValueType)
            && parent != typeof(MulticastDelegate)
        )
        {
            bases.Insert(0, TypeName.Of(parent));
        }
        return bases.Count == 0 ? "" : ": " + string.Join(", ", bases);
    }

    private static string Constraints(Type[] arguments, Type? declaring)
    {
        var outer = declaring?.DeclaringType?.GetGenericArguments().Length ?? 0;
        return string.Concat(
            arguments
                .Skip(outer)
                .Select(argument => (argument.Name, Rules: Rules(argument)))
                .Where(pair => pair.Rules.Count > 0)
                .Select(pair => $" where {pair.Name} : {string.Join(", ", pair.Rules)}")
        );
    }

    private static List<string> Rules(Type argument)
    {
        var rules = new List<string>();
        if (!argument.IsGenericParameter)
        {
            return rules;
        }
        var attributes = argument.GenericParameterAttributes;
        var isStruct = attributes.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
        if (isStruct)
        {
            var unmanaged = argument.CustomAttributes.Any(a =>
                string.Equals(a.AttributeType.Name, "IsUnmanagedAttribute", StringComparison.Ordinal)
            );
            rules.Add(unmanaged ? "unmanaged" : "struct");
        }
        if (attributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
        {
            rules.Add("class");
        }
        rules.AddRange(
            argument.GetGenericParameterConstraints().Where(type => type != typeof(ValueType)).Select(TypeName.Of)
        );
        if (attributes.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) && !isStruct)
        {
            rules.Add("new()");
        }
        return rules;
    }

    private static string Parameters(MethodBase method)
    {
        var list = string.Join(", ", method.GetParameters().Select(Parameter));
        return method.IsDefined(typeof(ExtensionAttribute)) ? "this " + list : list;
    }

    private static string Parameter(ParameterInfo parameter)
    {
        var type = parameter.ParameterType;
        var prefix =
            parameter.IsDefined(typeof(ParamArrayAttribute)) || parameter.IsDefined(typeof(ParamCollectionAttribute))
                ? "params "
            : !type.IsByRef ? ""
            : parameter.IsOut ? "out "
            : parameter.IsIn ? "in "
            : "ref ";
        var nullable =
            !type.IsByRef
            && !type.IsValueType
            && new NullabilityInfoContext().Create(parameter).WriteState == NullabilityState.Nullable;
        var text =
            $"{prefix}{TypeName.Of(type.IsByRef ? type.GetElementType()! : type)}{(nullable ? "?" : "")} {parameter.Name}";
        return parameter.HasDefaultValue ? $"{text} = {Literal(parameter.RawDefaultValue, type)}" : text;
    }

    private static string Literal(object? value, Type type)
    {
        var underlying = Nullable.GetUnderlyingType(type) ?? type;
        return value switch
        {
            null => type.IsValueType && Nullable.GetUnderlyingType(type) is null ? "default" : "null",
            _ when underlying.IsEnum =>
                $"{TypeName.Of(underlying)}.{Enum.GetName(underlying, Enum.ToObject(underlying, value))}",
            bool flag => flag ? "true" : "false",
            string text => $"\"{text}\"",
            char letter => $"'{letter}'",
            float real => real.ToString(CultureInfo.InvariantCulture) + "f",
            IFormattable number => number.ToString(format: null, CultureInfo.InvariantCulture),
            _ => value.ToString()!,
        };
    }

    private static string Access(MethodBase method) =>
        method.IsPublic ? "public"
        : method.IsFamilyOrAssembly ? "protected-internal"
        : "protected";

    private static string Modifiers(MethodInfo method)
    {
        if (method.IsStatic)
        {
            return " static";
        }
        if (method.IsAbstract)
        {
            return " abstract";
        }
        var overrides = method.GetBaseDefinition().DeclaringType != method.DeclaringType;
        return overrides ? (method.IsFinal ? " sealed override" : " override")
            : method.IsVirtual && !method.IsFinal ? " virtual"
            : "";
    }

    private static string MethodArguments(MethodInfo method) =>
        method.IsGenericMethodDefinition
            ? $"<{string.Join(',', method.GetGenericArguments().Select(argument => argument.Name))}>"
            : "";

    private static string Obsolete(MemberInfo member) =>
        member.GetCustomAttribute<ObsoleteAttribute>() is { } attribute ? $" [Obsolete(\"{attribute.Message}\")]" : "";

    private static bool IsOperator(MethodInfo method) => method.Name.StartsWith("op_", StringComparison.Ordinal);

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsVisible(Type type) =>
        type.IsPublic
        || type.IsNestedPublic && IsVisible(type.DeclaringType!)
        || (type.IsNestedFamily || type.IsNestedFamORAssem) && IsVisible(type.DeclaringType!);
}
