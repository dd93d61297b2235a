#nullable disable
namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            public static partial class impl
            {
                /// <summary>Times factor when a measure has not become better for more than patience steps.</summary>
                public class ReduceLROnPlateau : LRScheduler
                {
                    private readonly double _factor;
                    private readonly int _patience;
                    private readonly int _cooldown;
                    private readonly bool _isMin;
                    private readonly bool _isRelative;
                    private readonly double _threshold;
                    private readonly double _eps;
                    private readonly List<double> _minimums;
                    private double _best;
                    private int _badEpochs;
                    private int _cooldownLeft;

                    public ReduceLROnPlateau(
                        Optimizer optimizer,
                        string mode = "min",
                        double factor = 0.1,
                        int patience = 10,
                        double threshold = 1e-4,
                        string threshold_mode = "rel",
                        int cooldown = 0,
                        IList<double> min_lr = null,
                        double eps = 1e-8,
                        bool verbose = false
                    )
                        : base(optimizer, -1, verbose)
                    {
                        if (factor >= 1.0)
                            throw new ArgumentException("Factor should be < 1.0");
                        if (mode is not ("min" or "max"))
                            throw new ArgumentException($"mode {mode} is unknown!");
                        if (threshold_mode is not ("rel" or "abs"))
                            throw new ArgumentException($"threshold mode {threshold_mode} is unknown!");

                        _factor = factor;
                        _patience = patience;
                        _cooldown = cooldown;
                        _isMin = mode is "min";
                        _isRelative = threshold_mode is "rel";
                        _threshold = threshold;
                        _eps = eps;
                        _minimums = min_lr is { Count: > 1 }
                            ? [.. min_lr]
                            : [.. _base_lrs.Select(_ => min_lr?.FirstOrDefault() ?? 0)];
                        _best = _isMin ? double.PositiveInfinity : double.NegativeInfinity;
                    }

                    public override void step(double current, int? epoch = null)
                    {
                        _last_epoch = epoch ?? _last_epoch + 1;
                        if (IsBetter(current))
                        {
                            _best = current;
                            _badEpochs = 0;
                        }
                        else
                        {
                            _badEpochs += 1;
                        }

                        if (_cooldownLeft > 0)
                        {
                            _cooldownLeft -= 1;
                            _badEpochs = 0;
                        }

                        if (_badEpochs > _patience)
                        {
                            Reduce();
                            _cooldownLeft = _cooldown;
                            _badEpochs = 0;
                        }
                    }

                    public override void step() =>
                        throw new InvalidOperationException(
                            "step() should not be used with the ReduceLROnPlateau scheduler. Use step(double, int?), instead."
                        );

                    public override void step(int? epoch) =>
                        throw new InvalidOperationException(
                            "step(int?) should not be used with the ReduceLROnPlateau scheduler. Use step(double, int?), instead."
                        );

                    private bool IsBetter(double value) =>
                        (_isMin, _isRelative) switch
                        {
                            (true, true) => value < _best * (1 - _threshold),
                            (true, false) => value < _best - _threshold,
                            (false, true) => value > _best * (1 + _threshold),
                            (false, false) => value > _best + _threshold,
                        };

                    private void Reduce()
                    {
                        foreach (var (group, minimum) in _optimizer.ParamGroups.Zip(_minimums))
                        {
                            double rate = Math.Max(group.LearningRate * _factor, minimum);
                            if (group.LearningRate - rate <= _eps)
                            {
                                continue;
                            }

                            group.LearningRate = rate;
                            if (_verbose)
                            {
                                Console.WriteLine($"Epoch {_last_epoch}: reducing learning rate to {rate:g4}.");
                            }
                        }
                    }
                }
            }
        }
    }
}
