using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace PointCloudSegmentation.Commands;

/// <summary>Options with a default and a checked range.</summary>
internal static class Options
{
    public static Option<T> Value<T>(string name, string description, T value) =>
        new(name) { Description = description, DefaultValueFactory = _ => value };

    public static Option<T?> Maybe<T>(string name, string description)
        where T : struct => new(name) { Description = description };

    public static Option<string?> Text(string name, string description) => new(name) { Description = description };

    public static Option<string[]> List(string name, string description, params string[] values) =>
        new(name)
        {
            Description = description,
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => values,
        };

    public static Option<T> Positive<T>(this Option<T> option)
        where T : struct, INumber<T>
    {
        RequirePositive<T>(option);
        return option;
    }

    public static Option<T?> PositiveIfGiven<T>(this Option<T?> option)
        where T : struct, INumber<T>
    {
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
