using System.CommandLine;
using System.Globalization;

namespace TorchSharp.SparseConv.Tool.Commands;

/// <summary>Arguments and options with a checked range.</summary>
internal static class Options
{
    public static Argument<string> File(string name, string description) => new(name) { Description = description };

    public static Option<string?> Text(string name, string description) => new(name) { Description = description };

    public static Option<string[]> List(string name, string description) =>
        new(name)
        {
            Description = description,
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };

    public static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    public static Option<T> Choice<T>(string name, string description, T value)
        where T : struct, Enum => new(name) { Description = description, DefaultValueFactory = _ => value };

    /// <summary>Lengths, each of which must be greater than 0.</summary>
    public static Option<double[]> Lengths(string name, string description)
    {
        var option = new Option<double[]>(name)
        {
            Description = description,
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };
        // What is no number at all is left to the parser, which says so.
        option.Validators.Add(result =>
        {
            foreach (var text in result.Tokens.Select(token => token.Value))
            {
                if (
                    double.TryParse(text, CultureInfo.InvariantCulture, out var value)
                    && (!(value > 0) || double.IsInfinity(value))
                )
                {
                    result.AddError($"{name} is {text}, must be greater than 0");
                }
            }
        });
        return option;
    }
}
