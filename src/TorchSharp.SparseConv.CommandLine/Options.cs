using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace TorchSharp.SparseConv.CommandLine;

/// <summary>Arguments and options with a description, a default and a checked range.</summary>
public static class Options
{
    /// <summary>An argument that names a file.</summary>
    public static Argument<string> File(string name, string description) => new(name) { Description = description };

    /// <summary>An argument that names one file or more.</summary>
    public static Argument<string[]> Files(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.OneOrMore };

    /// <summary>An option with a default, which --help shows.</summary>
    public static Option<T> Value<T>(string name, string description, T value) =>
        new(name) { Description = description, DefaultValueFactory = _ => value };

    /// <summary>An option that must be given.</summary>
    public static Option<T> Required<T>(string name, string description) =>
        new(name)
        {
            Description = description,
            Required = true,
            AllowMultipleArgumentsPerToken = typeof(T).IsArray,
        };

    /// <summary>A number that may be left out.</summary>
    public static Option<T?> Maybe<T>(string name, string description)
        where T : struct => new(name) { Description = description };

    /// <summary>A word that may be left out.</summary>
    public static Option<string?> Text(string name, string description) => new(name) { Description = description };

    /// <summary>An option that is given or not.</summary>
    public static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    /// <summary>Any number of values, with a default.</summary>
    public static Option<T[]> List<T>(string name, string description, params T[] values) =>
        new(name)
        {
            Description = description,
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => values,
        };

    /// <summary>Refuses numbers that are not greater than 0 and finite.</summary>
    public static Option<T> Positive<T>(this Option<T> option)
        where T : struct, INumber<T>
    {
        RequirePositive<T>(option);
        return option;
    }

    /// <summary>Refuses a number that is given and not greater than 0 and finite.</summary>
    public static Option<T?> Positive<T>(this Option<T?> option)
        where T : struct, INumber<T>
    {
        RequirePositive<T>(option);
        return option;
    }

    /// <summary>Refuses a list with a number that is not greater than 0 and finite.</summary>
    public static Option<T[]> Positive<T>(this Option<T[]> option)
        where T : struct, INumber<T>
    {
        RequirePositive<T>(option);
        return option;
    }

    private static void RequirePositive<T>(Option option)
        where T : struct, INumber<T>
    {
        ArgumentNullException.ThrowIfNull(option);
        option.Validators.Add(result =>
        {
            // The parser itself refuses what is not a number.
            foreach (var text in result.Tokens.Select(token => token.Value))
            {
                if (
                    T.TryParse(text, CultureInfo.InvariantCulture, out var value)
                    && (!(value > T.Zero) || T.IsInfinity(value))
                )
                {
                    result.AddError($"{option.Name} is {text}, must be greater than 0");
                }
            }
        });
    }
}
