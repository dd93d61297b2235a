#nullable disable
namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            /// <summary>
            /// Sets the learning rates of an optimizer's groups, once at its construction and then once a step. Most schedulers
            /// chain: a step changes the rate that is there, so that several may work on one optimizer; step(epoch) sets the
            /// closed form where there is one.
            /// </summary>
            public abstract class LRScheduler
            {
                protected int _step_count;
                internal Optimizer _optimizer;
                internal int _last_epoch = -1;
                internal bool _verbose;
                internal IList<double> _last_lrs;
                internal IList<double> _base_lrs;

                protected LRScheduler() { }

                protected LRScheduler(Optimizer optimizer, int last_epoch = -1, bool verbose = false)
                {
                    ArgumentNullException.ThrowIfNull(optimizer);
                    _optimizer = optimizer;
                    _last_epoch = last_epoch;
                    _verbose = verbose;
                    _base_lrs = optimizer.ParamGroups.Select(group => group.InitialLearningRate).ToList();
                    _last_lrs = Current().ToList();
                }

                public IEnumerable<double> get_last_lr() => _last_lrs;

                public virtual void step() => step(null);

                public virtual void step(int? epoch)
                {
                    _step_count += 1;
                    _last_epoch = epoch ?? _last_epoch + 1;

                    // Once a step: some schedulers change themselves and the optimizer while they answer.
                    List<double> rates = (epoch.HasValue ? get_closed_form_lr() : get_lr()).ToList();
                    int i = 0;
                    foreach (ILearningRateController group in _optimizer.ParamGroups.Take(_base_lrs.Count))
                    {
                        group.LearningRate = rates[i];
                        if (_verbose && _last_lrs[i] != rates[i])
                        {
                            Console.WriteLine($"Adjusting learning rate to {rates[i]}");
                        }

                        _last_lrs[i] = rates[i];
                        i += 1;
                    }
                }

                public virtual void step(double current, int? epoch = null) => step(epoch);

                protected virtual IEnumerable<double> get_lr() => Current();

                protected virtual IEnumerable<double> get_closed_form_lr() => get_lr();

                private protected IEnumerable<double> Current() =>
                    _optimizer.ParamGroups.Select(group => group.LearningRate);

                private protected IEnumerable<double> Scaled(double factor) => Current().Select(rate => rate * factor);

                private protected IEnumerable<double> ScaledBase(double factor) =>
                    _base_lrs.Select(rate => rate * factor);
            }
        }
    }
}
