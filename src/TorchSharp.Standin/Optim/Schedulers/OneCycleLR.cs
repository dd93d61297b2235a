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
                /// <summary>One cycle: up from max_lr / div_factor to max_lr, then down to nearly nothing, and momentum the other way.</summary>
                public class OneCycleLR : LRScheduler
                {
                    private readonly int _total_steps;
                    private readonly bool _cycle_momentum;
                    private readonly AnnealStrategy _strategy;
                    private readonly List<double> _maxRates;
                    private readonly List<double> _baseMomentums;
                    private readonly List<double> _maxMomentums;
                    private readonly double _div_factor;
                    private readonly double _final_div_factor;
                    private readonly Phase[] _phases;

                    public OneCycleLR(
                        Optimizer optimizer,
                        double max_lr,
                        int total_steps = -1,
                        int epochs = -1,
                        int steps_per_epoch = -1,
                        double pct_start = 0.3,
                        AnnealStrategy anneal_strategy = AnnealStrategy.Cos,
                        bool cycle_momentum = true,
                        double base_momentum = 0.85,
                        double max_momentum = 0.95,
                        double div_factor = 25,
                        double final_div_factor = 1e4,
                        bool three_phase = false,
                        int last_epoch = -1,
                        bool verbose = false
                    )
                        : this(
                            optimizer,
                            optimizer?.ParamGroups.Select(_ => max_lr),
                            total_steps,
                            epochs,
                            steps_per_epoch,
                            pct_start,
                            anneal_strategy,
                            cycle_momentum,
                            optimizer?.ParamGroups.Select(_ => base_momentum),
                            optimizer?.ParamGroups.Select(_ => max_momentum),
                            div_factor,
                            final_div_factor,
                            three_phase,
                            last_epoch,
                            verbose
                        ) { }

                    public OneCycleLR(
                        Optimizer optimizer,
                        IEnumerable<double> max_lr,
                        int total_steps = -1,
                        int epochs = -1,
                        int steps_per_epoch = -1,
                        double pct_start = 0.3,
                        AnnealStrategy anneal_strategy = AnnealStrategy.Cos,
                        bool cycle_momentum = true,
                        IEnumerable<double> base_momentum = null,
                        IEnumerable<double> max_momentum = null,
                        double div_factor = 25,
                        double final_div_factor = 1e4,
                        bool three_phase = false,
                        int last_epoch = -1,
                        bool verbose = false
                    )
                        : base(optimizer, last_epoch, verbose)
                    {
                        if (cycle_momentum && optimizer is not (IMomentum or IBetas))
                            throw new ArgumentException(
                                "optimizer must support momentum with `cycle_momentum` option enabled"
                            );
                        // TorchSharp sets the momentums' range only at the beginning, and misses it when it resumes.
                        if (cycle_momentum && last_epoch != -1)
                            throw new KeyNotFoundException(
                                "The given key 'max_momentum' was not present in the dictionary."
                            );
                        if (pct_start is < 0 or > 1)
                            throw new ArgumentException(
                                $"Expected float between 0 and 1 for pct_start, but got {pct_start}"
                            );

                        _total_steps = TotalSteps(total_steps, epochs, steps_per_epoch);
                        _cycle_momentum = cycle_momentum;
                        _strategy = anneal_strategy;
                        _maxRates = max_lr.ToList();
                        _baseMomentums = (base_momentum ?? _base_lrs.Select(_ => 0.85)).ToList();
                        _maxMomentums = (max_momentum ?? _base_lrs.Select(_ => 0.95)).ToList();
                        _div_factor = div_factor;
                        _final_div_factor = final_div_factor;
                        double rise = pct_start * _total_steps - 1;
                        _phases = three_phase
                            ?
                            [
                                new(rise, Level.Initial, Level.Max, false, true),
                                new(2 * pct_start * _total_steps - 2, Level.Max, Level.Initial, true, false),
                                new(_total_steps - 1, Level.Initial, Level.Min, false, false),
                            ]
                            :
                            [
                                new(rise, Level.Initial, Level.Max, false, true),
                                new(_total_steps - 1, Level.Max, Level.Min, true, false),
                            ];
                        step();
                    }

                    public enum AnnealStrategy
                    {
                        Cos,
                        Linear,
                    }

                    private enum Level
                    {
                        Initial,
                        Max,
                        Min,
                    }

                    protected override IEnumerable<double> get_lr()
                    {
                        if (_last_epoch > _total_steps)
                        {
                            throw new InvalidOperationException(
                                $"Tried to step {_last_epoch + 1} times. The specified number of total steps is {_total_steps}"
                            );
                        }

                        return _optimizer.ParamGroups.Select(RateOf);
                    }

                    private double RateOf(ILearningRateController group, int index)
                    {
                        double start = 0;
                        foreach (Phase phase in _phases)
                        {
                            // TorchSharp compares the group's index here, where PyTorch compares the phase's.
                            if (_last_epoch <= phase.End || index == _phases.Length - 1)
                            {
                                double done = (_last_epoch - start) / (phase.End - start);
                                if (_cycle_momentum)
                                {
                                    SetMomentum(
                                        group,
                                        Anneal(
                                            MomentumAt(phase.StartsLow, index),
                                            MomentumAt(phase.EndsLow, index),
                                            done
                                        )
                                    );
                                }

                                return Anneal(RateAt(phase.From, index), RateAt(phase.To, index), done);
                            }

                            start = phase.End;
                        }

                        // One step more than there are: what TorchSharp leaves behind is zero.
                        if (_cycle_momentum)
                        {
                            SetMomentum(group, 0);
                        }

                        return 0;
                    }

                    private double RateAt(Level level, int group) =>
                        level switch
                        {
                            Level.Max => _maxRates[group],
                            Level.Initial => _maxRates[group] / _div_factor,
                            _ => _maxRates[group] / _div_factor / _final_div_factor,
                        };

                    private double MomentumAt(bool low, int group) =>
                        low ? _baseMomentums[group] : _maxMomentums[group];

                    private double Anneal(double from, double to, double done) =>
                        _strategy == AnnealStrategy.Cos
                            ? to + (from - to) / 2.0 * (Math.Cos(Math.PI * done) + 1)
                            : (to - from) * done + from;

                    private static void SetMomentum(ILearningRateController group, double momentum)
                    {
                        if (group is IBetas betas)
                        {
                            betas.Betas = (momentum, betas.Betas.Item2);
                        }
                        else
                        {
                            ((IMomentum)group).Momentum = momentum;
                        }
                    }

                    private static int TotalSteps(int total_steps, int epochs, int steps_per_epoch)
                    {
                        if (total_steps == -1 && epochs == -1 && steps_per_epoch == -1)
                            throw new ArgumentException(
                                "You must define either total_steps OR (epochs AND steps_per_epoch)"
                            );
                        if (total_steps != -1)
                            return total_steps > 0
                                ? total_steps
                                : throw new ArgumentException(
                                    $"Expected positive integer total_steps, but got {total_steps}"
                                );
                        if (epochs <= 0)
                            throw new ArgumentException($"Expected positive integer epochs, but got {epochs}");
                        if (steps_per_epoch <= 0)
                            throw new ArgumentException(
                                $"Expected positive integer steps_per_epoch, but got {steps_per_epoch}"
                            );
                        return epochs * steps_per_epoch;
                    }

                    private sealed record Phase(double End, Level From, Level To, bool StartsLow, bool EndsLow);
                }
            }
        }
    }
}
