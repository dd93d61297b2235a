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
                /// <summary>From the initial rate to eta_min and back along a cosine of period 2 T_max.</summary>
                public class CosineAnnealingLR : LRScheduler
                {
                    private readonly double _t_max;
                    private readonly double _eta_min;

                    public CosineAnnealingLR(
                        Optimizer optimizer,
                        double T_max,
                        double eta_min = 0,
                        int last_epoch = -1,
                        bool verbose = false
                    )
                        : base(optimizer, last_epoch, verbose)
                    {
                        _t_max = T_max;
                        _eta_min = eta_min;
                        step();
                    }

                    protected override IEnumerable<double> get_lr()
                    {
                        if (_last_epoch == 0)
                        {
                            return Current();
                        }

                        // One step past the bottom: the general rule would divide by zero.
                        if ((_last_epoch - 1 - _t_max) % (2 * _t_max) == 0)
                        {
                            double rise = (1 - Math.Cos(Math.PI / _t_max)) / 2;
                            return Current().Zip(_base_lrs, (rate, initial) => rate + (initial - _eta_min) * rise);
                        }

                        double ratio =
                            (1 + Math.Cos(Math.PI * _last_epoch / _t_max))
                            / (1 + Math.Cos(Math.PI * (_last_epoch - 1) / _t_max));
                        return Current().Select(rate => ratio * (rate - _eta_min) + _eta_min);
                    }

                    protected override IEnumerable<double> get_closed_form_lr()
                    {
                        double height = (1 + Math.Cos(Math.PI * _last_epoch / _t_max)) / 2;
                        return _base_lrs.Select(initial => _eta_min + (initial - _eta_min) * height);
                    }
                }
            }
        }
    }
}
