using System.Numerics;

namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Random numbers for a scene and direction, the library's results on them, and the oracle's problem.</summary>
internal sealed class Problem<T>
    where T : unmanaged, INumber<T>
{
    private readonly Scene _scene;
    private readonly ConvolutionDirection _direction;

    internal Problem(Scene scene, ConvolutionDirection direction)
    {
        _scene = scene;
        _direction = direction;
        var one = scene.Case;
        var (read, written) = scene.Rows(direction);
        Input = Matrix<T>.Random(read, one.InChannels, one.Seed);
        Weight = Matrix<T>.Random((long)scene.Rulebook.Taps * one.InChannels, one.OutChannels, one.Seed + 1);
        Bias = Matrix<T>.Random(1, one.OutChannels, one.Seed + 2);
        GradOutput = Matrix<T>.Random(written, one.OutChannels, one.Seed + 3);
    }

    internal Matrix<T> Input { get; }

    internal Matrix<T> Weight { get; }

    internal Matrix<T> Bias { get; }

    internal Matrix<T> GradOutput { get; }

    internal Matrix<T> Forward(bool bias = true)
    {
        var output = new Matrix<T>(GradOutput.Rows, GradOutput.Columns).Fill(double.NaN);
        Convolution.Forward(_scene.Rulebook, _direction, Input.View, Weight.View, bias ? Bias.View : null, output.View);
        return output;
    }

    internal Matrix<T> BackwardInput()
    {
        var gradInput = new Matrix<T>(Input.Rows, Input.Columns).Fill(double.NaN);
        Convolution.BackwardInput(_scene.Rulebook, _direction, GradOutput.View, Weight.View, gradInput.View);
        return gradInput;
    }

    internal (Matrix<T> Weight, Matrix<T> Bias) BackwardWeight()
    {
        var gradWeight = new Matrix<T>(Weight.Rows, Weight.Columns).Fill(double.NaN);
        var gradBias = new Matrix<T>(1, Weight.Columns).Fill(double.NaN);
        Convolution.BackwardWeight(
            _scene.Rulebook,
            _direction,
            Input.View,
            GradOutput.View,
            gradWeight.View,
            gradBias.View
        );
        return (gradWeight, gradBias);
    }

    internal OracleProblem ForOracle(bool bias = true)
    {
        var fine = _direction == ConvolutionDirection.FineToCoarse;
        var pairs = new Oracle(_scene.Case).Pairs(_scene.Fine.Coordinates(), _scene.Coarse.Coordinates());
        return new OracleProblem
        {
            Pairs = [.. pairs.Select(pair => fine ? pair : (pair.Tap, pair.Coarse, pair.Fine))],
            RowsWritten = (int)GradOutput.Rows,
            In = (int)Input.Columns,
            Out = (int)Weight.Columns,
            Input = Input.ToDouble(),
            Weight = Weight.ToDouble(),
            Bias = bias ? Bias.ToDouble() : null,
        };
    }
}
