using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace Examples.CommandLine;

/// <summary>Options with a default and a checked range.</summary>
public static class Options
{
    /// <summary>An option with a default, which --help shows.</summary>
    public static Option<T> Value<T>(string name, string description, T value) =>
        new(name) { Description = description, DefaultValueFactory = _ => value };

    /// <summary>A number that may be left out.</summary>
    public static Option<T?> Maybe<T>(string name, string description)
        where T : struct => new(name) { Description = description };

    /// <summary>A word that may be left out.</summary>
    public static Option<string?> Text(string name, string description) => new(name) { Description = description };

    /// <summary>Any number of words, with a default.</summary>
    public static Option<string[]> List(string name, string description, params string[] values) =>
        new(name)
        {
            Description = description,
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => values,
        };

    /// <summary>Refuses 0, what is below, and infinity.</summary>
    public static Option<T> Positive<T>(this Option<T> option)
        where T : struct, INumber<T>
    {
        ArgumentNullException.ThrowIfNull(option);
        RequirePositive<T>(option);
        return option;
    }

    /// <summary>Refuses 0, what is below, and infinity, where there is a value.</summary>
    public static Option<T?> PositiveIfGiven<T>(this Option<T?> option)
        where T : struct, INumber<T>
    {
        ArgumentNullException.ThrowIfNull(option);
        RequirePositive<T>(option);
        return option;
    }

    // What is no number at all is left to the parser, which says so.
    private static void RequirePositive<T>(Option option)
        where T : struct, INumber<T> =>
        option.Validators.Add(result =>
        {
            var text = result.Tokens.Count > 0 ? result.Tokens[^1].Value : "1";
            if (
                T.TryParse(text, CultureInfo.InvariantCulture, out var value)
                && (!(value > T.Zero) || T.IsInfinity(value))
            )
            {
                result.AddError($"{option.Name} is {text}, must be greater than 0");
            }
        });
}
